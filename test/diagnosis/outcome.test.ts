import { describe, expect, test } from 'vitest';
import { judgeOutcome as judge } from '../../src/diagnosis/diagnosis.js';
import { BOTH_ENDS, type EndName } from '../../src/evidence/host.js';
import { handshakeRecording } from '../../src/evidence/recording.js';
import { type ObservedPacket, ownedSince } from '../../src/evidence/packet.js';
import { millis } from '../../src/tcp/types.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { FLOW } from '../support/memory.js';
import { observed } from '../support/evidence.js';

const judgeOutcome = (packets: readonly ObservedPacket[], role: EndName, dataArrived: boolean, adoptedAt?: number) => {
  const flow = role === 'client' ? FLOW : reverseFlow(FLOW);
  const adopted = adoptedAt === undefined ? {} : { adoptedAt: millis(adoptedAt) };
  const run = { hosts: BOTH_ENDS, role, flow, packets, lookups: [], kernel: [], rule: null, ...adopted };
  return judge(handshakeRecording(run, { dataArrived }));
};

const syn = observed(0, 'client', 'rawshake', 'S');
const synAck = observed(1, 'server', 'kernel', 'S.', { ack: 1 });
const ack = observed(3, 'client', 'rawshake', '.', { seq: 1, ack: 1 });

test("a RST of the hand-made side's kernel outweighs all the rest", () => {
  const packets = [syn, synAck, observed(2, 'client', 'kernel', 'R', { seq: 1 }), ack];
  expect(judgeOutcome(packets, 'client', true)).toBe('reset-by-own-kernel');
});

test("rawshake's own RST is not its kernel's", () => {
  const packets = [syn, synAck, ack, observed(4, 'client', 'rawshake', 'R.', { seq: 1, ack: 1 })];
  expect(judgeOutcome(packets, 'client', true)).toBe('established');
});

test('RST from the other side is a refusal before its SYN/ACK, and a reset after', () => {
  const reset = observed(5, 'server', 'kernel', 'R.', { ack: 1 });
  expect(judgeOutcome([syn, reset], 'client', false)).toBe('refused');
  expect(judgeOutcome([syn, synAck, ack, reset], 'client', false)).toBe('reset-by-peer');
});

test('a RST that comes after the other side has closed is no reset: a FIN repeated, and acknowledged twice', () => {
  const fin = observed(5, 'server', 'kernel', 'F.', { seq: 1, ack: 1 });
  const late = observed(7, 'server', 'kernel', 'R', { seq: 2 });
  expect(judgeOutcome([syn, synAck, ack, fin, ack, late], 'client', true)).toBe('established');
});

test('nothing back is no answer', () => {
  expect(judgeOutcome([syn, syn], 'client', false)).toBe('no-answer');
  expect(judgeOutcome([], 'client', false)).toBe('no-answer');
});

test('a complete handshake whose data did not arrive is not established', () => {
  expect(judgeOutcome([syn, synAck, ack], 'client', false)).toBe('aborted');
  expect(judgeOutcome([syn, synAck, ack], 'client', true)).toBe('established');
});

test('a RST of the socket that has adopted the connection is its own word, unless the data did not arrive', () => {
  const packets = [syn, synAck, ack, observed(8, 'client', 'kernel', 'R.', { seq: 1, ack: 1 })];
  expect(judgeOutcome(packets, 'client', true, 5)).toBe('established');
  expect(judgeOutcome(packets, 'client', false, 5)).toBe('reset-by-own-kernel');
  expect(judgeOutcome(packets, 'client', true, 9)).toBe('reset-by-own-kernel');
});

test('a kernel owns an adopted connection from its first segment on that is no RST', () => {
  const probe = observed(5, 'client', 'kernel', '.', { ack: 1 });
  const reset = observed(2, 'client', 'kernel', 'R', { seq: 1 });
  expect(ownedSince([syn, synAck, reset, ack, probe], 'client')).toBe(5);
  expect(ownedSince([syn, synAck, ack], 'client')).toBeUndefined();
});

test('of a hand-made server, the client is the other side', () => {
  const clientSyn = observed(0, 'client', 'kernel', 'S');
  const reset = observed(1, 'server', 'kernel', 'R.', { ack: 1 });
  expect(judgeOutcome([clientSyn, reset], 'server', false)).toBe('reset-by-own-kernel');
});

describe('without a word of whoever had the connection', () => {
  const courseOf = (packets: readonly ObservedPacket[], dataArrived?: boolean) => {
    const run = { hosts: BOTH_ENDS, role: 'client' as const, flow: FLOW, packets, lookups: [], kernel: [], rule: null };
    const recording = {
      ...handshakeRecording(run, { dataArrived: true }),
      ending: dataArrived === undefined ? {} : { dataArrived },
    };
    return judge(recording as Parameters<typeof judge>[0]);
  };
  const data = observed(4, 'server', 'kernel', '.', { seq: 1, ack: 1 });

  test('established where both have acknowledged, aborted where ours has reset it', () => {
    expect(courseOf([syn, synAck, ack, data])).toBe('established');
    expect(courseOf([syn, synAck, ack, observed(5, 'client', 'rawshake', 'R', { seq: 1 })])).toBe('aborted');
    expect(courseOf([syn])).toBe('no-answer');
  });

  test('half-open, or too little seen to say: there is no such outcome', () => {
    const both = observed(1, 'server', 'kernel', 'S');
    for (const packets of [
      [syn, synAck],
      [syn, both],
      [syn, both, ack],
    ]) {
      expect(() => courseOf(packets)).toThrow('what became of a connection that is known from the start');
    }
  });
});
