/** The send queue and the reassembly queue, each against a naive one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, EMPTY_REASSEMBLY, insert, take, type Reassembly } from '../../src/tcp/reassembly.js';
import { append, emptySendQueue, read, release, type SendQueue } from '../../src/tcp/send-queue.js';
import { seq, seqAdd } from '../../src/wire/seq.js';
import { textAt } from './scene.js';

describe('send queue', () => {
  const whole = (queue: SendQueue): number[] => [...read(queue, queue.start, queue.end)];

  test('gives at every offset the bytes that a plain array would', () => {
    const command = fc.oneof(
      fc.record({ append: fc.uint8Array({ maxLength: 20 }) }),
      fc.record({ release: fc.nat(30) }),
      fc.record({ at: fc.nat(60), length: fc.nat(60) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let queue = emptySendQueue();
        let start = 0;
        const bytes: number[] = [];
        for (const c of commands) {
          if ('append' in c) {
            queue = append(queue, c.append);
            bytes.push(...c.append);
          } else if ('release' in c) {
            start = Math.min(start + c.release, bytes.length);
            queue = release(queue, start);
          } else {
            const from = start + c.at;
            expect([...read(queue, from, c.length)]).toEqual(bytes.slice(from, from + c.length));
          }
          expect([queue.start, queue.end]).toEqual([start, bytes.length]);
          expect(whole(queue)).toEqual(bytes.slice(start));
        }
      }),
    );
  });

  test('a value once made stays what it is, whatever is made of it', () => {
    const base = append(append(emptySendQueue(), textAt(0, 3)), textAt(3, 3));
    const one = append(base, textAt(20, 2));
    const other = append(base, textAt(10, 4));
    const later = release(append(one, textAt(0, 1)), 5);
    expect(whole(base)).toEqual([...textAt(0, 6)]);
    expect(whole(one)).toEqual([...textAt(0, 6), ...textAt(20, 2)]);
    expect(whole(other)).toEqual([...textAt(0, 6), ...textAt(10, 4)]);
    expect(whole(later)).toEqual([...textAt(5, 1), ...textAt(20, 2), ...textAt(0, 1)]);
  });

  test('keeps the bytes by reference, and lets go of what is acknowledged', () => {
    const data = new Uint8Array(5000);
    let queue = append(emptySendQueue(), data);
    expect(read(queue, 10, 100).buffer).toBe(data.buffer);
    for (let i = 0; i < 1000; i++) queue = release(append(queue, textAt(0, 10)), queue.end);
    expect(queue.chunks.length).toBeLessThan(4);
  });
});

test('queues: a part of a large buffer does not keep all of it alive', () => {
  const part = new Uint8Array(60_000).subarray(100, 1124);
  const { chunks } = append(emptySendQueue(), part);
  expect(chunks[0]?.data.buffer.byteLength).toBe(1024);
  // Node's Buffer.slice is a view.
  for (const bytes of [part, Buffer.alloc(60_000).subarray(100, 1124)])
    expect(insert(EMPTY_REASSEMBLY, seq(7), bytes, 9)?.pieces[0]?.data.buffer.byteLength).toBe(1024);
});

test('send queue: single bytes are copied together, and do not cost a chunk each', () => {
  let queue = emptySendQueue();
  const versions: SendQueue[] = [];
  for (let i = 0; i < 50_000; i++) {
    queue = append(queue, Uint8Array.of(i % 251));
    if (i % 10_000 === 0) versions.push(queue);
  }
  expect(queue.last - queue.first).toBeLessThan(30);
  expect(read(queue, 49_990, 10)).toEqual(Uint8Array.from({ length: 10 }, (_, i) => (49_990 + i) % 251));
  expect(versions.map(({ end }) => end)).toEqual([1, 10_001, 20_001, 30_001, 40_001]);
  for (const version of versions)
    expect(read(version, version.end - 1, 9)).toEqual(Uint8Array.of((version.end - 1) % 251));
});

describe('reassembly', () => {
  test('whatever order the pieces come in, the bytes come out in order, once', () => {
    const pieces = fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 1, max: 30 })), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, fc.nat(0xffff_ffff), (placed, base) => {
        const start = seq(base);
        let queue = EMPTY_REASSEMBLY;
        const there = new Set<number>();
        for (const [at, length] of placed) {
          queue = insert(queue, seqAdd(start, at), textAt(at, length), 1000) ?? queue;
          for (let i = at; i < at + length; i++) there.add(i);
          const newest = queue.blocks[0];
          // The newest block is the one that the piece is in.
          expect(newest && (seqAdd(start, at) - newest[0]) >>> 0).toBeLessThan(200);
        }
        let end = 0;
        while (there.has(end)) end++;
        const { data, rcvNxt, rest } = take(queue, start);
        expect(data.flatMap((bytes) => [...bytes])).toEqual([...textAt(0, end)]);
        expect(rcvNxt).toBe(seqAdd(start, end));
        const kept = rest.pieces.reduce((sum, piece) => sum + piece.data.length, 0);
        expect(kept).toBe([...there].filter((i) => i > end).length);
      }),
    );
  });

  test('what is kept does not change with the buffer it came in', () => {
    const buffer = textAt(0, 4);
    const queue = insert(EMPTY_REASSEMBLY, seq(10), buffer, 9);
    buffer.fill(0);
    expect(queue?.pieces[0]?.data).toEqual(textAt(0, 4));
  });

  /** What was received, `[from, end)` each; numbers cross the wrap. */
  const BASE = seq(0xffff_fff0);
  const queueOf = (...parts: readonly (readonly [from: number, end: number])[]): Reassembly =>
    parts.reduce<Reassembly>(
      (queue, [from, end]) => insert(queue, seqAdd(BASE, from), textAt(from, end - from), 1000) ?? queue,
      EMPTY_REASSEMBLY,
    );
  const blocksOf = ({ blocks }: Reassembly) => blocks.map((edges) => edges.map((edge) => (edge - BASE) >>> 0));
  const piecesOf = ({ pieces }: Reassembly) => pieces.map((piece) => [(piece.seq - BASE) >>> 0, ...piece.data]);

  test.each([
    ['one', [[10, 12]], [[10, 12]]],
    [
      'the newest first',
      [
        [10, 12],
        [30, 32],
        [20, 22],
      ],
      [
        [20, 22],
        [30, 32],
        [10, 12],
      ],
    ],
    [
      'the same once more',
      [
        [10, 12],
        [30, 32],
        [10, 12],
      ],
      [
        [10, 12],
        [30, 32],
      ],
    ],
    [
      'a part of one',
      [
        [10, 19],
        [30, 32],
        [12, 15],
      ],
      [
        [10, 19],
        [30, 32],
      ],
    ],
    [
      'more than one',
      [
        [12, 15],
        [30, 32],
        [10, 19],
      ],
      [
        [10, 19],
        [30, 32],
      ],
    ],
    [
      'bordering on the left',
      [
        [10, 12],
        [30, 32],
        [8, 10],
      ],
      [
        [8, 12],
        [30, 32],
      ],
    ],
    [
      'bordering on the right',
      [
        [10, 12],
        [30, 32],
        [12, 14],
      ],
      [
        [10, 14],
        [30, 32],
      ],
    ],
    [
      'a byte apart on either side',
      [
        [10, 12],
        [16, 18],
        [13, 15],
      ],
      [
        [13, 15],
        [16, 18],
        [10, 12],
      ],
    ],
    [
      'between two',
      [
        [10, 12],
        [14, 16],
        [30, 32],
        [12, 14],
      ],
      [
        [10, 16],
        [30, 32],
      ],
    ],
    [
      'over three',
      [
        [10, 12],
        [14, 16],
        [18, 20],
        [30, 32],
        [11, 19],
      ],
      [
        [10, 20],
        [30, 32],
      ],
    ],
    [
      'four of five',
      [
        [50, 52],
        [10, 12],
        [40, 42],
        [20, 22],
        [30, 32],
      ],
      [
        [30, 32],
        [20, 22],
        [40, 42],
        [10, 12],
      ],
    ],
    // What borders on a block was not received: 50 to 52 is part of it, though it was told of no more.
    [
      'beside one that is told of no more',
      [
        [50, 52],
        [10, 12],
        [40, 42],
        [20, 22],
        [30, 32],
        [52, 54],
      ],
      [
        [50, 54],
        [30, 32],
        [20, 22],
        [40, 42],
      ],
    ],
  ] as const)('blocks: %s', (_, parts, blocks) => {
    expect(blocksOf(queueOf(...parts))).toEqual(blocks);
  });

  test('the blocks beyond what is in order stay; where nothing is left, none', () => {
    const queue = queueOf([10, 12], [20, 22], [12, 14]);
    const { rest, rcvNxt } = take(queue, seqAdd(BASE, 10));
    expect([rcvNxt, blocksOf(rest), piecesOf(rest)]).toEqual([seqAdd(BASE, 14), [[20, 22]], [[20, ...textAt(20, 2)]]]);
    expect(take(rest, seqAdd(BASE, 21)).data).toEqual([textAt(21, 1)]);
    expect(take(rest, seqAdd(BASE, 22)).data).toEqual([]);
    expect(take(rest, seqAdd(BASE, 21)).rest).toEqual(EMPTY_REASSEMBLY);
    expect(take(rest, seqAdd(BASE, 19)).rest).toEqual(rest);
  });

  test('of what a FIN ends, bytes and blocks end there', () => {
    const queue = queueOf([10, 12], [30, 32], [20, 24]);
    const at = (end: number) => cut(queue, seqAdd(BASE, end));
    expect(at(32)).toBe(queue);
    const whole = [10, ...textAt(10, 2)];
    for (const [end, blocks, pieces] of [
      [
        31,
        [
          [20, 24],
          [30, 31],
          [10, 12],
        ],
        [whole, [20, ...textAt(20, 4)], [30, ...textAt(30, 1)]],
      ],
      [
        30,
        [
          [20, 24],
          [10, 12],
        ],
        [whole, [20, ...textAt(20, 4)]],
      ],
      [
        24,
        [
          [20, 24],
          [10, 12],
        ],
        [whole, [20, ...textAt(20, 4)]],
      ],
      [
        23,
        [
          [20, 23],
          [10, 12],
        ],
        [whole, [20, ...textAt(20, 3)]],
      ],
      [20, [[10, 12]], [whole]],
      [10, [], []],
    ] as const)
      expect([blocksOf(at(end)), piecesOf(at(end))]).toEqual([blocks, pieces]);
  });

  test('refuses to grow beyond its limit', () => {
    const one = insert(EMPTY_REASSEMBLY, seq(10), textAt(0, 1), 1);
    expect(one && insert(one, seq(20), textAt(0, 1), 1)).toBeUndefined();
  });
});
