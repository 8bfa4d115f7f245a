/** The hosts of a recording: any number, each with a name, what it is called, and its part. */
import type { Text } from '../error.js';

/** The author's, unique in its recording: moments name their hosts by it. */
export type HostName = string;

/** `router`: on the way between others. */
export type HostRole = 'client' | 'server' | 'router';

export interface Host {
  readonly name: HostName;
  /** What it is called where people read. */
  readonly title: Text;
  readonly role: HostRole;
  /** Who sends from it what rawshake does not, where that is not to be called its kernel. */
  readonly sender?: Text;
  /** All that it has on its links; left out: they are not known, or do not matter. */
  readonly addresses?: readonly string[];
  /** On which something of rawshake's listens; left out: that is not known, or does not matter. */
  readonly listensOn?: readonly number[];
  /** Other people's programs run on it. */
  readonly runsPrograms?: true;
}

/** @throws {TypeError} where none of them has that name */
export function hostNamed(hosts: readonly Host[], name: HostName): Host {
  const host = hosts.find((one) => one.name === name);
  if (host === undefined) throw new TypeError(`the recording has no host of the name ${name}`);
  return host;
}

/** The two hosts of a lab, and the two ends of a connection of one's own. */
export type EndName = 'client' | 'server';

export const otherEnd = (end: EndName): EndName => (end === 'client' ? 'server' : 'client');

export const ENDS: Readonly<Record<EndName, Host>> = {
  client: { name: 'client', title: { en: 'client', zh: '客户端' }, role: 'client' },
  server: { name: 'server', title: { en: 'server', zh: '服务器' }, role: 'server' },
};

/** As they are drawn. */
export const BOTH_ENDS: readonly Host[] = [ENDS.client, ENDS.server];
