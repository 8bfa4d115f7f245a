/** What /proc/net tells of a network namespace: its TCP sockets, and the kernel's counters. proc_pid_net(5). */
import { readFileSync } from 'node:fs';
import type { SnmpCounters } from '../evidence/counters.js';
import type { SocketRow } from '../evidence/socket-table.js';
import { ipv4Text, ipv6Text } from '../wire/address-cache.js';
import { u32 } from '../wire/bytes.js';
import type { NetworkNamespace } from './netns.js';
import type { Family } from './sockaddr.js';
import { stateOf } from './sock-diag.js';

/** The thread's, for setns moves one thread. */
const read = (netns: NetworkNamespace, file: string): string =>
  netns.run(() => readFileSync(`/proc/thread-self/net/${file}`, 'utf8'));

/** Every TCP socket of one family: listeners, connections, half-open ones, TIME_WAIT; not those that are merely bound. */
export const tcpSockets = (netns: NetworkNamespace, family: Family): readonly SocketRow[] =>
  parseTcpSockets(read(netns, family === 4 ? 'tcp' : 'tcp6'));

/** `/proc/net/tcp` and `tcp6`: a heading, then a line for each socket. tcp4_seq_show, get_openreq4. */
export function parseTcpSockets(text: string): readonly SocketRow[] {
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => {
    const [, local = '', remote = '', state = '', queues = ''] = line.trim().split(/\s+/);
    const [src, srcPort] = parseEnd(local);
    const [dst, dstPort] = parseEnd(remote);
    const [sendQueue, receiveQueue] = queues.split(':').map((hex) => parseInt(hex, 16));
    return {
      ...{ src, srcPort, dst, dstPort },
      state: stateOf(parseInt(state, 16)),
      receiveQueue: receiveQueue ?? 0,
      sendQueue: sendQueue ?? 0,
    };
  });
}

/** `010200C0:A028`: the address in words of the machine's order, the port. */
function parseEnd(text: string): [address: string, port: number] {
  const [address = '', port = ''] = text.split(':');
  const bytes = new Uint8Array(address.length / 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, parseInt(address.slice(2 * i, 2 * i + 8), 16), true);
  return [bytes.length === 4 ? ipv4Text(u32(bytes, 0)) : ipv6Text(bytes, 0), parseInt(port, 16)];
}

/** The counters of TCP, by nstat's names: `TcpOutRsts`, `TcpExtListenOverflows`. */
export const snmpCounters = (netns: NetworkNamespace): SnmpCounters => ({
  ...parseSnmp(read(netns, 'snmp')),
  ...parseSnmp(read(netns, 'netstat')),
});

/** `/proc/net/snmp` and `netstat`: pairs of lines, names and then values, both after `Tcp:`. */
export function parseSnmp(text: string): SnmpCounters {
  const counters: Record<string, number> = {};
  const lines = text.trimEnd().split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [prefix = '', ...names] = lines[i]?.split(' ') ?? [];
    const [, ...values] = lines[i + 1]?.split(' ') ?? [];
    names.forEach((name, j) => {
      counters[`${prefix.slice(0, -1)}${name}`] = Number(values[j]);
    });
  }
  return counters;
}
