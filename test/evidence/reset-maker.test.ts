/** Who made a RST, by what the kernel says: what ties an event to a packet, and what does not. */
import { describe, expect, test } from 'vitest';
import { type LeftPacket, type Maker, ResetMakers, type ResetTold } from '../../src/evidence/reset-maker.js';
import type { TraceRecord } from '../../src/evidence/trace/record.js';

const FLOW = { src: '192.0.2.1', srcPort: 80, dst: '192.0.2.2', dstPort: 41_000 };

const PACKET: LeftPacket = {
  ...{ atMs: 1000, flow: FLOW, family: 4, interfaceName: 'eth0', length: 54, isHashed: false, isOwn: true },
  isWhereItPassed: (cpu) => cpu === 1,
};

const record = (
  atMs: number,
  event: string,
  text: string,
  stack: string,
  more: Partial<TraceRecord> = {},
): TraceRecord => ({
  ...{ atMs, cpu: 1, pid: 7, program: 'python3', softirq: true, afterLoss: false, event, text },
  ...{ stack: stack.split(' '), ...more },
});

const reset = (atMs: number, state: string, reason: string, stack: string, more?: Partial<TraceRecord>): TraceRecord =>
  record(
    atMs,
    'tcp_send_reset',
    `skbaddr=0 skaddr=0 src=192.0.2.1:80 dest=192.0.2.2:41000 state=${state} reason=${reason}`,
    stack,
    more,
  );

const left = (atMs: number, stack: string, more?: Partial<TraceRecord>, dev = 'eth0', len = 54): TraceRecord =>
  record(atMs, 'net_dev_start_xmit', `dev=${dev} skbaddr=1 protocol=0x0800 len=${String(len)}`, stack, more);

const FOR_NOBODY = reset(999.996, 'UNKNOWN', 'NO_SOCKET', 'tcp_v4_send_reset tcp_v4_rcv');
const BY_TCP = left(1000.001, 'dev_hard_start_xmit ip_send_unicast_reply tcp_v4_send_reset tcp_v4_rcv raw_sendmsg');
const BY_RULE = left(1000.001, 'dev_hard_start_xmit nf_send_reset nf_hook_slow __tcp_transmit_skb');
const BY_RAW = left(1000.001, 'dev_hard_start_xmit raw_sendmsg', { softirq: false });
const BY_PACKET = left(1000.001, 'dev_hard_start_xmit packet_sendmsg', { softirq: false });
const UNREAD = reset(1000.07, 'TCP_CLOSE', 'TCP_ABORT_ON_CLOSE', 'tcp_send_active_reset __tcp_close', {
  softirq: false,
});

function made(
  packet: Partial<LeftPacket>,
  resets?: readonly TraceRecord[],
  makers?: readonly TraceRecord[],
  forwards = false,
) {
  return words(new ResetMakers('here').of({ ...PACKET, ...packet }, { resets, makers, forwards }));
}

const words = ({ sender, program, byRule, event }: Maker): string =>
  [sender, program?.socket, program?.name, byRule && 'rule', event?.reason]
    .filter((word) => word !== undefined)
    .join(' ');

describe('a bare RST', () => {
  test.each<[string, readonly TraceRecord[], readonly TraceRecord[], string]>([
    ['for nobody', [FOR_NOBODY], [BY_TCP], 'kernel NO_SOCKET'],
    ['by a rule', [], [BY_RULE], 'kernel rule'],
    ['by a raw socket', [], [BY_RAW], 'program raw python3'],
    ['by AF_PACKET', [], [BY_PACKET], 'program packet python3'],
    ['forwarded', [], [left(1000.001, 'dev_hard_start_xmit ip_forward ip_rcv')], 'forwarded'],
    ['another host makes one for nobody on another processor', [{ ...FOR_NOBODY, cpu: 0 }], [BY_RULE], 'kernel rule'],
    ['what leaves on another processor is another', [FOR_NOBODY], [{ ...BY_RULE, cpu: 0 }, BY_TCP], 'kernel NO_SOCKET'],
    ['over another interface', [], [left(1000.001, 'nf_send_reset', {}, 'eth1')], 'unknown'],
    ['of another length', [], [left(1000.001, 'nf_send_reset', {}, 'eth0', 40)], 'unknown'],
    ['before it', [], [left(999.9, 'nf_send_reset')], 'unknown'],
    ['TCP made it, and has not said why', [], [BY_TCP], 'unknown'],
    [
      'out of a queue, where others put it',
      [FOR_NOBODY],
      [left(1000.001, '__qdisc_run raw_sendmsg')],
      'kernel NO_SOCKET',
    ],
    ['nothing is said', [], [], 'unknown'],
  ])('%s', (_what, resets, makers, expected) => {
    expect(made({}, resets, makers)).toBe(expected);
  });

  test('an interface that is gone', () => {
    expect(made({ interfaceName: undefined }, [], [BY_RULE])).toBe('kernel rule');
  });

  test('each word counts for one of them', () => {
    const makers = new ResetMakers('here');
    const again = { ...PACKET, atMs: 1000.02 };
    const told: ResetTold = {
      resets: [FOR_NOBODY, { ...FOR_NOBODY, atMs: 1000.016 }],
      makers: [BY_TCP, { ...BY_TCP, atMs: 1000.021 }],
      forwards: false,
    };
    expect([PACKET, again, again].map((packet) => words(makers.of(packet, told)))).toEqual([
      ...['kernel NO_SOCKET', 'kernel NO_SOCKET', 'unknown'],
    ]);
  });

  test('without a trace nobody knows', () => {
    expect(made({}, undefined, undefined)).toBe('unknown');
    expect(made({}, [FOR_NOBODY], undefined)).toBe('kernel NO_SOCKET');
  });
});

describe('a RST with options', () => {
  const LONGER = { length: 66 };

  test("a socket's own: its program is named, and it may say so on another processor", () => {
    expect(made({ ...LONGER, isHashed: true }, [{ ...UNREAD, cpu: 0 }], [])).toBe(
      'program tcp python3 TCP_ABORT_ON_CLOSE',
    );
  });

  test('of a socket, without its hash: of another host', () => {
    expect(made(LONGER, [UNREAD], [])).toBe('unknown');
  });

  test("in the kernel's own time it is the kernel's", () => {
    expect(made({ ...LONGER, isHashed: true }, [{ ...UNREAD, softirq: true }], [])).toBe('kernel TCP_ABORT_ON_CLOSE');
  });

  test('TCP has made none, nor can a rule: by hand, unless it may be somebody else behind this host', () => {
    expect(made(LONGER, [], [])).toBe('program by-hand');
    expect(made(LONGER, [], [], true)).toBe('unknown');
    expect(made({ ...LONGER, isHashed: true }, [], [])).toBe('unknown');
    expect(made(LONGER, undefined, [])).toBe('unknown');
  });
});

test("what is not of this host's address is forwarded, but for what a rule or a program has made here", () => {
  expect(made({ isOwn: false }, [FOR_NOBODY], [BY_TCP])).toBe('forwarded');
  expect(made({ isOwn: false }, [], [BY_RULE])).toBe('kernel rule');
  expect(made({ isOwn: false }, [], [BY_RAW])).toBe('program raw python3');
});

describe('twins: the same four-tuple in another namespace, at the same moment', () => {
  const OWN = { length: 66, isHashed: true };
  const TWIN = { ...UNREAD, atMs: 1000.02, pid: 8, text: UNREAD.text.replace('TCP_ABORT_ON_CLOSE', 'TCP_STATE') };

  test('what a socket says on the processor that its RST passed on counts, however late', () => {
    expect(made(OWN, [UNREAD, { ...TWIN, cpu: 0 }], [])).toBe('program tcp python3 TCP_ABORT_ON_CLOSE');
  });

  test('two on one processor cannot be told apart', () => {
    expect(made(OWN, [UNREAD, TWIN], [])).toBe('unknown');
    expect(
      made(
        OWN,
        [
          { ...UNREAD, cpu: 0 },
          { ...TWIN, cpu: 0 },
        ],
        [],
      ),
    ).toBe('unknown');
  });
});

describe('a SYN', () => {
  const of = (packet: Partial<LeftPacket>, makers: readonly TraceRecord[] = [], forwards = false): string =>
    words(new ResetMakers('here').ofSegment({ ...PACKET, ...packet }, { resets: [], makers, forwards }));

  test('with a hash it is of a socket, without one by hand', () => {
    expect(of({ length: 74, isHashed: true })).toBe('kernel');
    expect(of({ length: 74 })).toBe('program by-hand');
    expect(of({ length: 74 }, [], true)).toBe('unknown');
    expect(of({}, [BY_RAW])).toBe('program raw python3');
    expect(of({}, [BY_PACKET])).toBe('program packet python3');
  });
});
