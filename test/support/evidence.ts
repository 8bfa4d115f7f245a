/** Runs as they were observed, written down by hand, for tests of judgement and reports. */
import type { Text } from '../../src/error.js';
import type { ExperimentRun } from '../../src/evidence/experiment.js';
import { BOTH_ENDS, type EndName, otherEnd } from '../../src/evidence/host.js';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import type { Lookup, Owner } from '../../src/evidence/lookup.js';
import type { ObservedPacket, Sender } from '../../src/evidence/packet.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { millis } from '../../src/tcp/types.js';
import { emitPacket, parsePacket, type TcpInit } from '../../src/wire/index.js';
import { FLOW } from './memory.js';

const ISN: Readonly<Record<EndName, number>> = { client: 1000, server: 9000 };

/** `seq` and `ack` relative to the two initial sequence numbers. */
export function observed(
  at: number,
  from: EndName,
  sender: Sender,
  flags: string,
  tcp: Omit<TcpInit, 'flags'> = {},
): ObservedPacket {
  const [src, dst] = from === 'client' ? [FLOW.src, FLOW.dst] : [FLOW.dst, FLOW.src];
  const [srcPort, dstPort] = from === 'client' ? [41000, 8888] : [8888, 41000];
  const to = otherEnd(from);
  const bytes = emitPacket({
    ip: { version: 4, src, dst },
    tcp: {
      ...tcp,
      srcPort,
      dstPort,
      flags,
      seq: ISN[from] + (tcp.seq ?? 0),
      ...(flags.includes('.') && { ack: ISN[to] + (tcp.ack ?? 0) }),
    },
  });
  const parsed = parsePacket(bytes);
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no packet');
  return { at: millis(at), from, to, sender, packet: parsed.value, segment: parsed.value.tcp };
}

export const looked = (atMs: number, host: EndName, owner: Owner): Lookup => {
  const flow = host === 'client' ? FLOW : { src: FLOW.dst, srcPort: 8888, dst: FLOW.src, dstPort: 41000 };
  return { ...flow, atMs, host, owner };
};

/** The run without a filter, as it goes on a real kernel. */
export const RESET_RUN: HandshakeRun = {
  hosts: BOTH_ENDS,
  remedy: 'none',
  role: 'client',
  family: 4,
  transport: 'libc',
  flow: FLOW,
  expected: 'reset-by-own-kernel',
  observed: 'reset-by-own-kernel',
  client: { states: ['SYN_SENT', 'ESTABLISHED', 'CLOSE'] },
  server: { accepted: false, received: '', states: ['LISTEN'] },
  rule: null,
  verdict: null,
  ownResetLeft: null,
  setupMs: 0.01,
  packets: [
    observed(10, 'client', 'rawshake', 'S', { window: 64240, options: [{ kind: 'mss', mss: 1460 }] }),
    observed(10.062, 'server', 'kernel', 'S.', { ack: 1, window: 65160 }),
    observed(10.089, 'client', 'kernel', 'R', { seq: 1 }),
    observed(10.13, 'client', 'rawshake', '.', { seq: 1, ack: 1, window: 502 }),
    observed(10.148, 'server', 'kernel', 'R', { seq: 1 }),
  ],
  lookups: [
    looked(9, 'client', 'none'),
    looked(9.1, 'server', 'LISTEN'),
    looked(10.1, 'client', 'none'),
    looked(10.11, 'server', 'LISTEN'),
  ],
  kernel: [],
  systemCalls: [],
  missing: [],
  sockets: [],
  counters: { client: {}, server: {} },
  frames: [],
  scenes: [],
  durationMs: 41.23456,
};

const TOWARDS_SERVER = { src: FLOW.src, srcPort: 41000, dst: FLOW.dst, dstPort: 8888 };

/** What the kernels said, where a trace was kept. */
const TRACED_RESETS: readonly KernelEvent[] = [
  {
    atMs: 10.071,
    host: 'client',
    event: 'tcp_send_reset',
    reason: 'NO_SOCKET',
    function: 'tcp_v4_rcv',
    stack: ['tcp_v4_send_reset', 'tcp_v4_rcv', 'ip_protocol_deliver_rcu'],
    ...TOWARDS_SERVER,
    skb: 'a1',
  },
  { atMs: 10.092, host: 'client', event: 'kfree_skb', reason: 'NO_SOCKET', function: 'tcp_v4_rcv', skb: 'a1' },
  { atMs: 10.14, host: 'server', event: 'tcp_send_reset', reason: 'TCP_FLAGS', socket: 'b1' },
];

export const traced = (run: HandshakeRun, kernel: readonly KernelEvent[] = TRACED_RESETS): HandshakeRun => ({
  ...run,
  kernel,
});

/** The two RSTs that the rule took from `FILTERED_RUN`. */
export const TRACED_DROPS: readonly KernelEvent[] = [20.057, 20.142].flatMap((at): KernelEvent[] => [
  { atMs: at, host: 'client', event: 'tcp_send_reset', reason: 'NO_SOCKET', ...TOWARDS_SERVER },
  { atMs: at + 0.002, host: 'client', event: 'kfree_skb', reason: 'NETFILTER_DROP', function: 'nft_do_chain' },
]);

/** The run behind the filter. */
export const FILTERED_RUN: HandshakeRun = {
  ...RESET_RUN,
  remedy: 'iptables',
  expected: 'established',
  observed: 'established',
  client: { states: ['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT'] },
  server: { accepted: true, received: 'hello', states: ['LISTEN', 'SYN_RECV', 'ESTABLISHED'] },
  rule: { backend: 'iptables', drops: 'resets', commands: [['iptables', '-w', '-t', 'raw']], packets: 2, bytes: 80 },
  setupMs: 12.34,
  packets: [
    observed(20, 'client', 'rawshake', 'S', { window: 64240 }),
    observed(20.055, 'server', 'kernel', 'S.', { ack: 1, window: 65160 }),
    observed(20.098, 'client', 'rawshake', '.', { seq: 1, ack: 1 }),
    observed(20.131, 'client', 'rawshake', 'P.', { seq: 1, ack: 1, payload: Buffer.from('hello') }),
    observed(20.14, 'server', 'kernel', '.', { seq: 1, ack: 6 }),
  ],
  lookups: [
    looked(19, 'client', 'none'),
    looked(19.1, 'server', 'LISTEN'),
    looked(20.06, 'client', 'none'),
    looked(20.07, 'server', 'SYN_RECV'),
    looked(20.15, 'server', 'ESTABLISHED'),
    looked(21, 'server', 'LISTEN'),
  ],
};

const same = (words: string): Text => ({ en: words, zh: words });

/** An experiment of which one fact is not as expected. */
export const EXPERIMENT_RUN: ExperimentRun = {
  id: 'closed-port',
  title: { en: 'A closed port', zh: '关闭的端口' },
  claim: { en: 'A SYN that no socket owns is answered by RST.', zh: '无主的 SYN 得到 RST。' },
  steps: [{ en: 'Send a SYN.', zh: '发送 SYN。' }],
  explanation: same('tcp_v4_rcv'),
  next: [same('Send an ACK.')],
  byHand: [{ host: 'client', line: 'nc -z 192.0.2.2 8888' }],
  claims: [{ text: same('The raw socket answers.'), verdict: 'wrong', because: same('TCP does.') }],
  family: 4,
  facts: [
    { name: 'answer', what: same('answer'), expected: 'R. 0:0(0) ack 1', observed: 'R. 0:0(0) ack 1', ok: true },
    { name: 'owner', what: same('owner'), expected: 'none', observed: 'LISTEN', ok: false },
  ],
  ok: false,
  hosts: BOTH_ENDS,
  packets: [
    observed(10, 'client', 'rawshake', 'S', { window: 64240 }),
    observed(10.05, 'server', 'kernel', 'R.', { ack: 1, window: 0 }),
  ],
  lookups: [looked(9, 'server', 'LISTEN')],
  kernel: [
    {
      atMs: 10.03,
      host: 'server',
      event: 'tcp_send_reset',
      reason: 'NO_SOCKET',
      function: 'tcp_v4_rcv',
      stack: ['tcp_v4_send_reset', 'tcp_v4_rcv', 'ip_local_deliver'],
    },
  ],
  systemCalls: [],
  sockets: [],
  counters: { client: {}, server: { TcpOutRsts: 1 } },
  frames: [],
  scenes: [{ atMs: 8, title: same('nobody listens') }],
  missing: [{ en: 'No trace.', zh: '没有跟踪。' }],
  durationMs: 3,
};
