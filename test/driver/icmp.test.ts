/** What ICMP errors mean to a connection: only those about what is in flight count. RFC 5927 §4.1. */
import { describe, expect, test } from 'vitest';
import { type IcmpError, judgeIcmp } from '../../src/driver/icmp.js';
import { activeOpen, LINUX_OFFER, millis, step } from '../../src/tcp/index.js';
import { TcpFlag } from '../../src/wire/tcp.js';
import { emitPacket, parsePacket, seq } from '../../src/wire/index.js';
import { FLOW } from '../support/memory.js';

const FLOW6 = { src: '2001:db8::1', srcPort: 41000, dst: '2001:db8::2', dstPort: 8888 };
const ISS = 0xffff_ffff;
const opening = activeOpen({ ...LINUX_OFFER, iss: ISS }, millis(0)).tcb;
const synAck = {
  ...{ seq: seq(7), ack: seq(ISS + 1), flags: TcpFlag.SYN | TcpFlag.ACK, window: 1000 },
  ...{ options: [], payload: new Uint8Array(0) },
};
const established = step(opening, { type: 'segment', segment: synAck }, millis(1)).tcb;
/** Five bytes are on their way. */
const sending = step(established, { type: 'write', data: new Uint8Array(5) }, millis(2)).tcb;

function about(flow: typeof FLOW, quotedSeq: number, error: Partial<IcmpError> = {}): IcmpError {
  const { src, dst, srcPort, dstPort } = flow;
  const version = src.includes(':') ? 6 : 4;
  const bytes = emitPacket({ ip: { version, src, dst }, tcp: { srcPort, dstPort, seq: quotedSeq >>> 0, flags: 'S' } });
  const parsed = parsePacket(bytes.subarray(0, (version === 4 ? 20 : 40) + 8), { mayBeCut: true });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return { from: dst, kind: 'unreachable', code: 1, quoted: parsed.value, ...error };
}

describe('in flight', () => {
  test.each([
    ['opening: the SYN', opening, ISS, 'unreachable'],
    ['opening: before it', opening, ISS - 1, 'ignored'],
    ['opening: behind it', opening, ISS + 1, 'ignored'],
    ['established, nothing sent', established, ISS + 1, 'ignored'],
    ['established: the SYN, long acknowledged', sending, ISS, 'ignored'],
    ['established: the first byte', sending, ISS + 1, 'unreachable'],
    ['established: the last byte', sending, ISS + 5, 'unreachable'],
    ['established: behind the last byte', sending, ISS + 6, 'ignored'],
  ] as const)('%s', (_, tcb, quotedSeq, verdict) => {
    expect(judgeIcmp(about(FLOW, quotedSeq), FLOW, tcb)).toBe(verdict);
  });
});

test.each([{ src: '192.0.2.9' }, { dst: '192.0.2.9' }, { srcPort: 1 }, { dstPort: 1 }])('not of %o', (other) => {
  expect(judgeIcmp(about({ ...FLOW, ...other }, ISS), FLOW, opening)).toBe('ignored');
});

test.each([
  [FLOW, { kind: 'unreachable', code: 4 }, 'too-big'],
  [FLOW6, { kind: 'packetTooBig', code: 0 }, 'too-big'],
  [FLOW6, { kind: 'unreachable', code: 4 }, 'unreachable'],
  [FLOW, { kind: 'unreachable', code: 16 }, 'ignored'],
  [FLOW, { kind: 'timeExceeded', code: 0 }, 'unreachable'],
  [FLOW6, { kind: 'parameterProblem', code: 0 }, 'unreachable'],
] as const)('%o %o', (flow, error, verdict) => {
  expect(judgeIcmp(about(flow, ISS, error), flow, opening)).toBe(verdict);
});
