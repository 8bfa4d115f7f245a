/** A run of three hosts as it could be observed, written by hand with nothing but what the library exports. */
import type { ExperimentRun, Host } from '../../src/experiments/index.js';
import type { KernelEvent, Lookup, ObservedFrame, ObservedPacket } from '../../src/lab/index.js';
import { millis } from '../../src/tcp/index.js';
import { emitPacket, parsePacket, type TcpInit } from '../../src/wire/index.js';

export const HOSTS: readonly Host[] = [
  { name: 'client', title: { en: 'client', zh: '客户端' }, role: 'client' },
  { name: 'router', title: { en: 'router', zh: '路由器' }, role: 'router' },
  { name: 'server', title: { en: 'server', zh: '服务器' }, role: 'server' },
];

const CLIENT = { src: '192.0.2.1', srcPort: 41000, dst: '198.51.100.2', dstPort: 8888 };
const SERVER = { src: CLIENT.dst, srcPort: CLIENT.dstPort, dst: CLIENT.src, dstPort: CLIENT.srcPort };

type Way = Pick<ObservedPacket, 'from' | 'to' | 'sender'> & Partial<Pick<ObservedPacket, 'droppedAt'>>;

function packet(at: number, way: Way, { src, srcPort, dst, dstPort }: typeof CLIENT, tcp: Partial<TcpInit>) {
  const bytes = emitPacket({ ip: { version: 4, src, dst }, tcp: { flags: 'S', ...tcp, srcPort, dstPort } });
  const parsed = parsePacket(bytes);
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no packet');
  return { at: millis(at), ...way, packet: parsed.value, segment: parsed.value.tcp };
}

const SYN: Way = { from: 'client', to: 'server', sender: 'rawshake' };

const packets: readonly ObservedPacket[] = [
  packet(10, { ...SYN, droppedAt: 'router' }, CLIENT, { seq: 1000 }),
  packet(11, SYN, CLIENT, { seq: 1000 }),
  packet(11.08, { from: 'server', to: 'client', sender: 'kernel' }, SERVER, { flags: 'S.', seq: 9000, ack: 1001 }),
  packet(11.12, { from: 'client', to: 'server', sender: 'kernel' }, CLIENT, { flags: 'R', seq: 1001 }),
  // In the server's name.
  packet(11.2, { from: 'router', to: 'client', sender: 'kernel' }, SERVER, { flags: 'R', seq: 9001 }),
  packet(11.3, { from: 'server', to: 'router', sender: 'kernel' }, SERVER, { flags: 'F.', seq: 9001, ack: 1001 }),
];

const asked = (atMs: number, host: string, owner: Lookup['owner'], flow: typeof CLIENT): Lookup => ({
  ...{ atMs, host, owner },
  ...flow,
});

const kernel: readonly KernelEvent[] = [
  {
    ...{ atMs: 10.04, host: 'router', event: 'kfree_skb', reason: 'NETFILTER_DROP', function: 'nf_hook_slow' },
    ...{ stack: ['kfree_skb_reason', 'nf_hook_slow', 'ip_forward'], ...CLIENT },
  },
  {
    ...{ atMs: 11.1, host: 'client', event: 'tcp_send_reset', reason: 'NO_SOCKET', ...CLIENT },
    stack: ['tcp_v4_send_reset', 'tcp_v4_rcv'],
  },
  { atMs: 11.15, host: 'server', event: 'tcp_receive_reset', ...SERVER },
];

const frames: readonly ObservedFrame[] = packets.map(({ at, from, to, sender, packet: { bytes } }) => ({
  epochMs: 1_700_000_000_000 + at,
  bytes: Buffer.concat([Buffer.from(`${'02'.repeat(12)}0800`, 'hex'), bytes]),
  ...{ from, to, sender },
}));

const NOTHING = { en: '', zh: '' };

export const THREE_HOSTS: ExperimentRun = {
  ...{ id: 'three-hosts', title: { en: 'A router drops a SYN', zh: '路由器丢弃 SYN' }, claim: NOTHING, steps: [] },
  ...{ explanation: NOTHING, next: [], byHand: [], claims: [], family: 4, facts: [], ok: true, durationMs: 3 },
  hosts: HOSTS,
  packets,
  lookups: [
    asked(9, 'client', 'none', CLIENT),
    asked(9.1, 'router', 'none', CLIENT),
    asked(9.2, 'server', 'LISTEN', SERVER),
  ],
  ...{ kernel, frames, systemCalls: [], scenes: [], missing: [] },
  sockets: HOSTS.map(({ name: host }) => ({
    ...{ atMs: 12, host, when: 'after' },
    rows: [{ ...SERVER, state: 'ESTABLISHED', receiveQueue: 0, sendQueue: 0 }],
  })),
  counters: { client: { TcpOutRsts: 1 }, router: { TcpOutRsts: 2 }, server: { TcpEstabResets: 1 } },
};
