/** What is noticed of a host's connections by their turns alone. */
import { describe, expect, test } from 'vitest';
import type { PassedFrame } from '../../src/linux/capture/turn-ring.js';
import { type Turn, turnIn } from '../../src/live/watch/turn.js';
import { TurnTable } from '../../src/live/watch/turn-table.js';
import { emitPacket, parseFlags, seq } from '../../src/wire/index.js';

interface Passing {
  readonly atMs: number;
  readonly flags: string;
  readonly back?: boolean;
  readonly seq?: number;
  readonly ack?: number;
  readonly interfaceIndex?: number;
  readonly isOutgoing?: boolean;
  readonly clientPort?: number;
  readonly family?: 4 | 6;
}

const ADDRESSES = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;

function frame({ atMs, flags, back = false, family = 4, clientPort = 41_000, ...rest }: Passing): PassedFrame {
  const { seq: number = 1000, ack = 0, interfaceIndex = 2, isOutgoing = !back } = rest;
  const [client, server] = ADDRESSES[family];
  const ends = { src: back ? server : client, dst: back ? client : server };
  const packet = emitPacket({
    ip: family === 4 ? { version: 4, ...ends } : { version: 6, ...ends },
    tcp: {
      ...{ srcPort: back ? 80 : clientPort, dstPort: back ? clientPort : 80 },
      ...{ seq: seq(number), ack: seq(ack), flags: parseFlags(flags) },
    },
  });
  const bytes = new Uint8Array(14 + packet.length);
  bytes.set(packet, 14);
  return {
    ...{ atMs, interfaceIndex, isOutgoing, isLoopback: false, isForHost: true, isHashed: true, processor: 0 },
    ...{ isChecksumPartial: false, length: bytes.length, linkHeaderBytes: 14, bytes },
  };
}

function turn(passing: Passing): Turn {
  const found = turnIn(frame(passing));
  if (found === undefined) throw new TypeError(`no turn: ${passing.flags}`);
  return found;
}

/** What each of them has noticed. */
function noticed(passing: readonly Passing[]): readonly (string | undefined)[] {
  const table = new TurnTable();
  return passing.map((one) => {
    const found = table.see(turn(one));
    if (found === undefined) return undefined;
    return found.type === 'reset'
      ? `reset of ${found.answered?.kind ?? 'nothing'}`
      : `${found.turn} ${String(found.same.length)} times`;
  });
}

describe.each([4, 6] as const)('a turn of IPv%i', (family) => {
  test('both directions are one connection', () => {
    const [syn, answer] = [turn({ family, atMs: 0, flags: 'S' }), turn({ family, atMs: 1, flags: 'S.', back: true })];
    expect(syn).toMatchObject({ family, kind: 'syn', seq: 1000 });
    expect(answer).toMatchObject({ family, kind: 'syn-ack', connection: syn.connection, isFirst: !syn.isFirst });
    expect(turn({ family, atMs: 0, flags: 'S', clientPort: 41_001 }).connection).not.toBe(syn.connection);
  });

  test.each(['R', 'R.', 'SR'])('%s is a reset', (flags) => {
    expect(turn({ family, atMs: 0, flags }).kind).toBe('reset');
  });

  test('data and acknowledgments are none, nor is what was cut', () => {
    expect(turnIn(frame({ family, atMs: 0, flags: '.' }))).toBeUndefined();
    const whole = frame({ family, atMs: 0, flags: 'S' });
    for (let length = 0; length < whole.bytes.length; length++)
      expect(turnIn({ ...whole, bytes: whole.bytes.slice(0, length) })).toBeUndefined();
  });
});

const SYN: Passing = { atMs: 0, flags: 'S' };
const SYN_ACK: Passing = { atMs: 1, flags: 'S.', back: true, seq: 5000, ack: 1001 };

describe('noticed', () => {
  test.each<[string, readonly Passing[], readonly (string | undefined)[]]>([
    ['a SYN that is refused', [SYN, { atMs: 1, flags: 'R.', back: true }], [undefined, 'reset of syn']],
    ['a SYN/ACK that is reset', [SYN, SYN_ACK, { atMs: 2, flags: 'R' }], [undefined, undefined, 'reset of syn-ack']],
    ['a RST of nothing', [{ atMs: 0, flags: 'R' }], ['reset of nothing']],
    ['a SYN that is sent again', [SYN, { ...SYN, atMs: 1000 }], [undefined, 'syn 2 times']],
    [
      'once, however often',
      [SYN, { ...SYN, atMs: 1000 }, { ...SYN, atMs: 3000 }],
      [undefined, 'syn 2 times', undefined],
    ],
    [
      'a SYN/ACK that is sent again',
      [SYN, SYN_ACK, { ...SYN_ACK, atMs: 1001 }],
      [undefined, undefined, 'syn-ack 2 times'],
    ],
    [
      'a SYN that was answered, and is sent again',
      [SYN, SYN_ACK, { ...SYN, atMs: 1000 }],
      [undefined, undefined, undefined],
    ],
    ['another SYN on the same ports', [SYN, { atMs: 1000, flags: 'S', seq: 2000 }], [undefined, undefined]],
    [
      'each RST of a connection',
      [
        SYN,
        { atMs: 1, flags: 'R.', back: true },
        { atMs: 2, flags: 'S', seq: 7 },
        { atMs: 3, flags: 'R.', back: true },
      ],
      [undefined, 'reset of syn', undefined, 'reset of syn'],
    ],
    [
      'a packet that is seen at a bridge and behind it, once',
      [
        { ...SYN, isOutgoing: false },
        { ...SYN, atMs: 0.1, interfaceIndex: 3 },
        { atMs: 1, flags: 'R.', back: true, interfaceIndex: 3, isOutgoing: false },
        { atMs: 1.1, flags: 'R.', back: true, isOutgoing: true },
      ],
      [undefined, undefined, 'reset of syn', undefined],
    ],
    [
      'a simultaneous open is one connection',
      [SYN, { atMs: 0.5, flags: 'S', back: true, seq: 9 }, { ...SYN_ACK, atMs: 1 }],
      [undefined, undefined, undefined],
    ],
  ])('%s', (_what, passing, expected) => {
    expect(noticed(passing)).toEqual(expected);
  });

  test('of many turns a few are kept: the first, and the one that says so', () => {
    const table = new TurnTable();
    for (let i = 0; i < 20; i++) table.see(turn({ atMs: i * 1000, flags: 'F.', seq: i }));
    const found = table.see(turn({ atMs: 30_000, flags: 'R' }));
    expect(found?.turns.map(({ frame: { atMs } }) => atMs)).toEqual([0, 1000, 2000, 3000, 4000, 30_000]);
  });

  test('in constant memory: those of long ago are forgotten', () => {
    const table = new TurnTable();
    table.see(turn(SYN));
    for (let i = 0; i < 40_000; i++) table.see(turn({ atMs: 1, flags: 'S', clientPort: 1 + i, seq: i }));
    expect(table.see(turn({ ...SYN, atMs: 1000 }))).toBeUndefined();
  });
});
