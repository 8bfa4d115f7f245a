/** The SNMP counters of a network namespace, read from /proc/net/snmp, netstat and snmp6. proc(5), net/ipv4/proc.c. */
import { readFileSync } from 'node:fs';
import type { SnmpCounters } from '../evidence/counters.js';
import type { NetworkNamespace } from './netns.js';

/** The thread's own view: `/proc/net` is that of the process. */
const FOLDER = '/proc/thread-self/net';

/** By nstat's names. A file that this kernel has not (no IPv6) adds nothing. */
export function readSnmpCounters(netns: NetworkNamespace): SnmpCounters {
  const [snmp, netstat, snmp6] = netns.run(() => ['snmp', 'netstat', 'snmp6'].map(readOrNothing)) as [
    string,
    string,
    string,
  ];
  return { ...parseTables(snmp), ...parseTables(netstat), ...parsePairs(snmp6) };
}

function readOrNothing(name: string): string {
  try {
    return readFileSync(`${FOLDER}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** Two lines each: `Tcp: ActiveOpens …` and `Tcp: 1 …`. */
export function parseTables(text: string): SnmpCounters {
  const counters: Record<string, number> = {};
  const lines = text.split('\n').map((line) => line.split(' '));
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [prefix = '', ...names] = lines[i] ?? [];
    const [, ...values] = lines[i + 1] ?? [];
    names.forEach((name, column) => (counters[prefix.replace(':', '') + name] = Number(values[column])));
  }
  return counters;
}

/** A line each: `Ip6InReceives   7`. */
export const parsePairs = (text: string): SnmpCounters =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [name, value] = line.trim().split(/\s+/);
      return name === undefined || value === undefined ? [] : [[name, Number(value)]];
    }),
  );
