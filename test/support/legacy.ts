/** iptables of the old kind, by the names under which programs look for iptables. */
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LegacyPath {
  /** For PATH. */
  readonly path: string;
  remove(): void;
}

export function legacyPath(): LegacyPath {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-legacy-'));
  chmodSync(folder, 0o755); // for ordinary users, too
  for (const name of ['iptables', 'ip6tables']) {
    for (const suffix of ['', '-save', '-restore']) {
      symlinkSync('/usr/sbin/xtables-legacy-multi', join(folder, `${name}${suffix}`));
    }
  }
  return {
    path: `${folder}:${process.env['PATH'] ?? ''}`,
    remove() {
      rmSync(folder, { recursive: true });
    },
  };
}
