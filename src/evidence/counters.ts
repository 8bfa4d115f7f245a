/** The kernel's SNMP counters of a host, and by how much they have grown. proc(5): /proc/net/snmp, netstat, snmp6. */
import type { HostName } from './host.js';

/** By nstat's names: `TcpOutRsts`, `TcpExtListenOverflows`, `Ip6InReceives`. */
export type SnmpCounters = Readonly<Record<string, number>>;

/** What has changed on each host; what has not is left out. */
export type CounterDifferences = Readonly<Record<HostName, SnmpCounters>>;

/** What the counters have grown by, only those that have changed, in their order. */
export function counterDifference(before: SnmpCounters, after: SnmpCounters): SnmpCounters {
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, value]) => {
      const grown = value - (before[name] ?? 0);
      return grown === 0 ? [] : [[name, grown]];
    }),
  );
}
