/** What a network namespace's connection tracking says of itself. nf_conntrack_standalone.c; nf_conntrack-sysctl.rst. */
import { readFileSync } from 'node:fs';
import type { NetworkNamespace } from './netns.js';
import { readSysctl } from './sysctl.js';

/** `undefined`: not to be read here. */
export interface TrackerState {
  /** Connections that are tracked. */
  readonly entries: number | undefined;
  /** How many may be, in each namespace; 0: no limit. Only the first namespace can change it. */
  readonly limit: number | undefined;
  /** Packets dropped since the namespace began, for want of a place above all. */
  readonly dropped: number | undefined;
  /** Entries given up before their time to make room for others. */
  readonly evicted: number | undefined;
}

export function readTracker(netns: NetworkNamespace): TrackerState {
  return netns.run(() => {
    const columns = statistics();
    return {
      entries: setting('net.netfilter.nf_conntrack_count'),
      limit: setting('net.netfilter.nf_conntrack_max'),
      dropped: columns?.get('drop'),
      evicted: columns?.get('early_drop'),
    };
  });
}

function setting(name: string): number | undefined {
  try {
    return orNothing(Number(readSysctl(name)));
  } catch {
    return undefined; // nothing is tracked here
  }
}

/** The columns' sums: a line for each processor, in hexadecimal. */
function statistics(): ReadonlyMap<string, number> | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/thread-self/net/stat/nf_conntrack', 'latin1');
  } catch {
    return undefined; // built without CONFIG_NF_CONNTRACK_PROCFS
  }
  return parseStatistics(text);
}

const orNothing = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** Columns that cannot be read are left out. */
export function parseStatistics(text: string): ReadonlyMap<string, number> {
  const [names = [], ...processors] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const sum = (column: number): number =>
    processors.reduce((total, values) => total + Number.parseInt(values[column] ?? '0', 16), 0);
  return new Map(
    names.map((name, column) => [name, sum(column)] as const).filter(([, total]) => Number.isFinite(total)),
  );
}
