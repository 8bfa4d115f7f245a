/** Settings of a network namespace, by their sysctl names. Documentation/networking/ip-sysctl.rst. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { NetworkNamespace } from './netns.js';

const fileOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** Sets each, in order. `/proc/sys/net` shows the namespace of the thread that opens the file. */
export function setSysctls(netns: NetworkNamespace, settings: Readonly<Record<string, string | number>>): void {
  netns.run(() => {
    for (const [name, value] of Object.entries(settings)) writeFileSync(fileOf(name), String(value));
  });
}

export const readSysctl = (name: string): string => readFileSync(fileOf(name), 'utf8').trim();
