/** A run of an experiment as it could be observed, written down by hand: two connections, a host that talks to itself, events. */
import { verbatim } from '../../src/error.js';
import type { ExperimentRun } from '../../src/evidence/experiment.js';
import { BOTH_ENDS, type EndName, otherEnd } from '../../src/evidence/host.js';
import type { ObservedPacket, Sender } from '../../src/evidence/packet.js';
import { millis } from '../../src/tcp/types.js';
import { emitPacket, parsePacket, type TcpInit } from '../../src/wire/index.js';
import { looked } from './evidence.js';

const ADDRESS: Readonly<Record<EndName, string>> = { client: '192.0.2.1', server: '192.0.2.2' };

interface PacketInit {
  readonly at: number;
  readonly from: EndName;
  readonly to?: EndName;
  readonly sender?: Sender;
  readonly tcp: TcpInit;
}

function packet({ at, from, to = otherEnd(from), sender = 'kernel', tcp }: PacketInit): ObservedPacket {
  const dst = ADDRESS[to];
  const parsed = parsePacket(emitPacket({ ip: { version: 4, src: ADDRESS[from], dst }, tcp }));
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no packet');
  const { value } = parsed;
  return { at: millis(at), from, to, sender, packet: value, segment: parsed.value.tcp };
}

const closed: TcpInit = { srcPort: 41000, dstPort: 9999 };

const packets: readonly ObservedPacket[] = [
  packet({ at: 50, from: 'client', sender: 'rawshake', tcp: { srcPort: 41000, dstPort: 8888, flags: 'S', seq: 1000 } }),
  packet({ at: 50.04, from: 'server', tcp: { srcPort: 8888, dstPort: 41000, flags: 'S.', seq: 9000, ack: 1001 } }),
  packet({ at: 60, from: 'client', sender: 'rawshake', tcp: { ...closed, flags: 'S', seq: 5000, checksum: 1 } }),
  packet({ at: 61, from: 'client', sender: 'rawshake', tcp: { ...closed, flags: 'S', seq: 7000 } }),
  packet({ at: 61.03, from: 'server', tcp: { srcPort: 9999, dstPort: 41000, flags: 'R.', seq: 0, ack: 7001 } }),
  packet({ at: 70, from: 'client', to: 'client', tcp: { srcPort: 44600, dstPort: 44600, flags: 'S', seq: 300 } }),
];

/** From the Ethernet header on. */
const frameBytes = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${'02'.repeat(12)}0800`, 'hex'), bytes]);

/** `<` and `&` and a bell are there for the reports that have to escape them. */
export const RUN: ExperimentRun = {
  id: 'sample',
  title: { en: 'A sample of everything', zh: '样样都有的样例' },
  claim: { en: 'A segment that no socket owns is answered with RST.', zh: '没有套接字拥有的报文段，回以 RST。' },
  steps: [{ en: 'A SYN to a listener.', zh: '向监听者发 SYN。' }],
  explanation: { en: 'tcp_v4_rcv() finds nothing.', zh: 'tcp_v4_rcv() 什么也没查到。' },
  next: [{ en: 'Send two.', zh: '发两个。' }],
  byHand: [{ host: 'server', line: 'ss -tln', prints: 'LISTEN' }],
  claims: [
    {
      text: { en: 'The raw socket answers RST.', zh: '原始套接字回应 RST。' },
      verdict: 'wrong',
      because: { en: 'It is the kernel.', zh: '是内核。' },
    },
  ],
  family: 4,
  hosts: BOTH_ENDS,
  packets,
  lookups: [looked(49, 'server', 'LISTEN'), { ...looked(60.9, 'server', 'none'), srcPort: 9999 }],
  kernel: [
    {
      atMs: 60.01,
      host: 'server',
      event: 'tcp_bad_csum',
      src: '192.0.2.1',
      srcPort: 41000,
      dst: '192.0.2.2',
      dstPort: 9999,
    },
    {
      atMs: 61.02,
      host: 'server',
      event: 'tcp_send_reset',
      reason: 'NO_SOCKET',
      stack: ['tcp_v4_send_reset', 'tcp_v4_rcv', 'ip_protocol_deliver_rcu'],
      src: '192.0.2.2',
      srcPort: 9999,
      dst: '192.0.2.1',
      dstPort: 41000,
      skb: '0xff01',
    },
    { atMs: 61.025, host: 'server', event: 'kfree_skb', reason: 'NO_SOCKET', function: 'tcp_v4_rcv', skb: '0xff01' },
  ],
  systemCalls: [{ atMs: 69, pid: 7, program: 'nc', name: 'connect', args: { fd: '3' }, result: undefined }],
  sockets: [
    {
      atMs: 50.5,
      host: 'server',
      when: 'during',
      rows: [
        {
          state: 'LISTEN',
          receiveQueue: 0,
          sendQueue: 128,
          src: '192.0.2.2',
          srcPort: 8888,
          dst: '0.0.0.0',
          dstPort: 0,
        },
      ],
    },
  ],
  counters: { client: {}, server: { IpInReceives: 4, TcpOutRsts: 1 } },
  frames: packets.map(({ at, from, to, sender, packet: { bytes } }) => ({
    epochMs: 1_700_000_000_000 + at,
    bytes: frameBytes(bytes),
    from,
    to,
    sender,
  })),
  scenes: [
    { atMs: 48, title: { en: 'a SYN to a listener', zh: '向监听者发 SYN' } },
    { atMs: 60, title: { en: 'to nobody', zh: '无人认领' } },
  ],
  missing: [{ en: 'a thing', zh: '某物' }],
  facts: [
    {
      name: 'answer',
      what: { en: 'the answer', zh: '回答' },
      expected: 'R. 0:0(0) ack 1',
      observed: 'R. 0:0(0) ack 1',
      ok: true,
    },
    {
      name: 'states',
      what: { en: 'states & <marks>', zh: '状态与 <标记>' },
      expected: ['SYN_SENT', 'ESTABLISHED'],
      observed: ['SYN_SENT\u0007'],
      ok: false,
    },
  ],
  ok: false,
  durationMs: 123.45,
};

/** What came of one that could not be brought to its end. */
export const FAILED_RUN: ExperimentRun = {
  ...RUN,
  id: 'broken',
  ...{
    packets: [],
    lookups: [],
    kernel: [],
    systemCalls: [],
    sockets: [],
    frames: [],
    scenes: [],
    missing: [],
    facts: [],
  },
  counters: { client: {}, server: {} },
  failure: verbatim('run: waited 10 s for "the end"'),
};
