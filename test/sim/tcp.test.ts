/** Two machines over a link that loses, doubles, delays and overtakes: every byte in order, or a named end. */
import { describe, expect, test } from 'vitest';
import type { OpenOptions } from '../../src/tcp/index.js';
import { seq } from '../../src/wire/seq.js';
import { TcpFlag } from '../../src/wire/tcp.js';
import { random, World, type Link, type Outcome, type Side } from './world.js';

const PERFECT: Link = { loss: 0, duplication: 0, reordering: 0, delayMs: 5, jitterMs: 0 };

const RUNS = 10_000;

/** Everything about a run follows from its seed. */
function runOf(seed: number): { readonly link: Link; readonly sides: readonly [Side, Side] } {
  const next = random(seed ^ 0x5eed);
  const below = (n: number): number => Math.floor(next() * n);
  const options = (): OpenOptions => ({
    iss: below(2 ** 32),
    mss: [100, 536, 1000, 1460][below(4)] ?? 1460,
    window: [500, 3000, 20_000, 200_000][below(4)] ?? 20_000,
    ...(next() < 0.7 && { windowShift: below(8) }),
    ...(next() < 0.7 && { sack: true }),
    ...(next() < 0.7 && { timestamps: { offset: below(2 ** 32) } }),
    delayedAckMs: next() < 0.5 ? 40 : 0,
    minRtoMs: 200,
  });
  const simultaneous = next() < 0.1;
  const side = (open: Side['open']): Side => ({
    open,
    options: options(),
    bytes: next() < 0.2 ? 0 : below(10 ** (2 + below(3))),
    pieceBytes: 1 + below(3000),
    readDelayMs: next() < 0.7 ? 0 : below(300),
  });
  return {
    link: {
      loss: next() < 0.3 ? 0 : next() * 0.25,
      duplication: next() * 0.1,
      reordering: next() * 0.3,
      delayMs: next() * 50,
      jitterMs: next() * 20,
    },
    sides: [side('active'), side(simultaneous ? 'active' : 'passive')],
  };
}

describe(`${String(RUNS)} seeded runs`, () => {
  const chunk = 1000;
  const ends = new Map<string, number>();

  test.each(Array.from({ length: RUNS / chunk }, (_, i) => i * chunk))('seeds from %i on', (start) => {
    for (let seed = start; seed < start + chunk; seed++) {
      const { link, sides } = runOf(seed);
      const outcomes = new World(seed, link, sides).run();
      for (const index of [0, 1] as const) {
        const outcome = outcomes[index];
        const other = index === 0 ? 1 : 0;
        const problem = wrongWith(outcome, sides[index], outcomes[other], sides[other]);
        if (problem !== undefined) throw new Error(`seed ${String(seed)}, side ${String(index)}: ${problem}`);
        const reason = outcome.reason ?? 'none';
        ends.set(reason, (ends.get(reason) ?? 0) + 1);
      }
    }
  });

  test('nearly all of them end with both sides closed', () => {
    expect(ends.get('none')).toBeUndefined();
    expect(ends.get('closed')).toBeGreaterThan(2 * RUNS * 0.99);
  });
});

function wrongWith(mine: Outcome, side: Side, other: Outcome, otherSide: Side): string | undefined {
  if (mine.reason === undefined) return `no end, in ${mine.tcb.state}`;
  if (mine.tcb.state !== 'CLOSE') return `stays in ${mine.tcb.state}`;
  if (!mine.inOrder) return 'other bytes than those written';
  if (mine.delivered > otherSide.bytes) return 'more bytes than were written';
  if (mine.mostKept > side.options.window) return `keeps ${String(mine.mostKept)} bytes`;
  if (mine.peerClosed && mine.delivered !== otherSide.bytes) return `FIN after ${String(mine.delivered)} bytes`;
  if (mine.reason !== 'closed') return undefined;
  if (mine.delivered !== otherSide.bytes) return `closed after ${String(mine.delivered)} bytes`;
  if (other.delivered !== side.bytes) return `closed, but the other side has ${String(other.delivered)} bytes`;
  return undefined;
}

const LINUX = { mss: 1460, window: 64240, windowShift: 7, sack: true, timestamps: { offset: 0 } };

const side = (open: Side['open'], bytes: number, options: Partial<OpenOptions> = {}): Side => ({
  open,
  options: { iss: 1, ...LINUX, ...options },
  bytes,
  pieceBytes: 16_384,
  readDelayMs: 0,
});

test('a perfect link: no segment is sent twice, half as many ACKs as segments', () => {
  const [a, b] = new World(1, PERFECT, [side('active', 1_448_000), side('passive', 0)]).run();
  expect([a.reason, b.reason]).toEqual(['closed', 'closed']);
  expect(b.delivered).toBe(1_448_000);
  expect(a.sent).toBeLessThan(1100);
  expect(b.sent).toBeLessThan(650);
});

describe('a path that carries less than the two agreed on', () => {
  const SIZES = [1360, 1240, 1024, 512];

  test.each([true, false])('whoever sends too much is told of it: %s', (tells) => {
    for (let seed = 0; seed < 100; seed++) {
      const link = { ...PERFECT, loss: (seed % 4) * 0.05, path: { mss: SIZES[seed % SIZES.length] ?? 512, tells } };
      const world = new World(seed, { ...link, path: { ...link.path, mss: 1460 } }, [
        side('active', 200_000),
        side('passive', 100_000),
      ]);
      // It becomes narrower when all is under way.
      world.later(seed, () => {
        world.link = link;
      });
      for (const [index, { reason, inOrder, delivered }] of world.run().entries())
        expect({ seed, reason, inOrder, delivered }).toEqual({
          ...{ seed, reason: 'closed', inOrder: true },
          delivered: index === 0 ? 100_000 : 200_000,
        });
    }
  });

  test('told of it, a side waits for no timer', () => {
    const world = new World(1, { ...PERFECT, path: { mss: 1240, tells: true } }, [
      side('active', 200_000),
      side('passive', 0),
    ]);
    const [a] = world.run();
    expect(a.tcb.sendMss).toBe(1240);
    expect(world.now).toBeLessThan(60_000 + 500);
  });
});

test('a link that carries nothing: the open times out', () => {
  const world = new World(1, { ...PERFECT, loss: 1 }, [side('active', 10), side('active', 10)]);
  expect(world.run().map(({ reason }) => reason)).toEqual(['timed-out', 'timed-out']);
});

test('a link that breaks in the middle: both sides time out, with no more than was written', () => {
  const world = new World(2, PERFECT, [side('active', 500_000), side('passive', 500_000)]);
  world.later(60, () => {
    world.link = { ...PERFECT, loss: 1 };
  });
  for (const { reason, inOrder, delivered } of world.run()) {
    expect({ reason, inOrder }).toEqual({ reason: 'timed-out', inOrder: true });
    expect(delivered).toBeLessThan(500_000);
  }
});

test('a peer that never reads: the window closes, probes are answered, and nothing grows', () => {
  const reader = { ...side('passive', 0), readDelayMs: Infinity };
  const world = new World(3, PERFECT, [side('active', 500_000), reader]);
  world.later(3_600_000, () => {
    world.abort(0);
  });
  const [a, b] = world.run();
  expect([a.reason, b.reason]).toEqual(['aborted', 'reset']);
  expect(b.delivered).toBe(64240);
  // An hour of probes: one each two minutes, after the first ones.
  expect(a.sent).toBeLessThan(120);
});

test('a peer that never reads still writes: its data is acknowledged while ours waits', () => {
  // Written slowly enough that most of it comes when the window is closed and a probe is out.
  // A window of whole units of its scale closes to the byte.
  const reader = { ...side('passive', 200_000, { window: 64_000 }), pieceBytes: 200, readDelayMs: Infinity };
  const world = new World(4, PERFECT, [side('active', 500_000), reader]);
  let arrived = 0;
  world.later(10_000, () => {
    arrived = world.delivered(0);
    world.abort(0);
  });
  const [a, b] = world.run();
  expect([a.reason, b.reason]).toEqual(['aborted', 'reset']);
  expect(arrived).toBe(200_000);
});

test('an attacker who cannot see: thousands of blind segments of every kind harm nothing', () => {
  for (let seed = 0; seed < 20; seed++) {
    const next = random(seed);
    const u32 = (): number => Math.floor(next() * 2 ** 32);
    const world = new World(seed, { ...PERFECT, loss: 0.05 }, [
      side('active', 100_000, { iss: u32() }),
      side('passive', 100_000, { iss: u32() }),
    ]);
    const forge = (left: number): void => {
      if (left === 0) return;
      world.forge({
        seq: seq(u32()),
        ack: seq(u32()),
        // A blind SYN for a listener is a connection like any other: SYN alone would be one.
        flags: Math.floor(next() * 64) | TcpFlag.ACK,
        window: Math.floor(next() * 65_536),
        options: [{ kind: 'timestamps', value: u32(), echo: u32() }],
        payload: new Uint8Array(Math.floor(next() * 1000)),
      });
      world.later(0.2, () => {
        forge(left - 1);
      });
    };
    world.later(12, () => {
      forge(2000);
    });
    const outcomes = world.run();
    expect(outcomes.map(({ reason, inOrder, delivered }) => ({ reason, inOrder, delivered }))).toEqual(
      [0, 1].map(() => ({ reason: 'closed', inOrder: true, delivered: 100_000 })),
    );
    for (const { mostKept } of outcomes) expect(mostKept).toBeLessThanOrEqual(64240);
  }
});
