/** The hosts of a document, where they are not the two that every reader of it knows. */
import type { Language } from '../error.js';
import { BOTH_ENDS, type Host } from '../evidence/host.js';

export interface HostJson {
  readonly name: string;
  readonly title: string;
  readonly role: Host['role'];
}

/** From the left; nothing of a `client` and a `server`. */
export function hostsJson(hosts: readonly Host[], language: Language): { readonly hosts?: readonly HostJson[] } {
  const isOrdinary = hosts.length === BOTH_ENDS.length && hosts.every(({ name }, i) => name === BOTH_ENDS[i]?.name);
  if (isOrdinary) return {};
  return { hosts: hosts.map(({ name, title, role }) => ({ name, title: title[language], role })) };
}
