/** The kernel's SNMP counters of a host, and by how much they have grown. proc(5): /proc/net/snmp, netstat, snmp6. */
import type { HostName } from './host.js';

/** By nstat's names: `TcpOutRsts`, `TcpExtListenOverflows`, `Ip6InReceives`. */
export type SnmpCounters = ReadonlyMap<string, number>;

/** What has changed, by the same names; what has not is left out. */
export type CounterDifference = Readonly<Record<string, number>>;

/** Of each host; one of which nothing is known may be left out. */
export type CounterDifferences = Readonly<Record<HostName, CounterDifference>>;

/** What the counters have grown by, only those that have changed, in their order. */
export function counterDifference(before: SnmpCounters, after: SnmpCounters): CounterDifference {
  const grown: Record<string, number> = {};
  for (const [name, value] of after) {
    const difference = value - (before.get(name) ?? 0);
    if (difference !== 0) grown[name] = difference;
  }
  return grown;
}
