/** The SNMP counters of a network namespace, read from /proc/net/snmp, netstat and snmp6. proc(5), net/ipv4/proc.c. */
import { readFileSync } from 'node:fs';
import type { SnmpCounters } from '../../evidence/counters.js';
import type { NetworkNamespace } from './netns.js';

/** The thread's own view: `/proc/net` is that of the process. */
const FOLDER = '/proc/thread-self/net';

/** By nstat's names. A file that this kernel has not (no IPv6) adds nothing. */
export function readSnmpCounters(netns: NetworkNamespace): SnmpCounters {
  return netns.run(
    () =>
      new Map([
        ...parseTables(readOrNothing('snmp')),
        ...parseTables(readOrNothing('netstat')),
        ...parsePairs(readOrNothing('snmp6')),
      ]),
  );
}

function readOrNothing(name: string): string {
  try {
    return readFileSync(`${FOLDER}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

type Counter = readonly [name: string, value: number];

/** Two lines each, what is no number left out: `Tcp: ActiveOpens …` and `Tcp: 1 …`. */
export function parseTables(text: string): readonly Counter[] {
  const lines = text.split('\n').map((line) => line.split(' '));
  return lines.flatMap(([prefix = '', ...names], i): Counter[] => {
    const values = lines[i + 1];
    if (i % 2 === 1 || values === undefined) return [];
    const table = prefix.replace(':', '');
    return names
      .map((name, column) => [table + name, Number(values[column + 1])] as const)
      .filter(([, value]) => Number.isFinite(value));
  });
}

/** A line each: `Ip6InReceives   7`. */
export const parsePairs = (text: string): readonly Counter[] =>
  [...text.matchAll(/^(\w+)\s+(\d+)/gm)].map(([, name = '', value]) => [name, Number(value)]);
