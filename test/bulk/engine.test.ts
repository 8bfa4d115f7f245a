/** The engine without a kernel: ring and outbox in memory, a server in a few lines, a link that loses what the test says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Engine, TURN_FRAMES } from '../../src/bulk/engine.js';
import { answerTo } from '../../src/bulk/memory-server.js';
import { ABORTED, type BulkOutcome, outcomeNamed, tally } from '../../src/bulk/outcomes.js';
import { Outbox, type Route } from '../../src/bulk/outbox.js';
import { type BulkOptions, type Plan, planOf } from '../../src/bulk/plan.js';
import { randomStream } from '../../src/driver/random.js';
import { RingReader, SLOT_BYTES } from '../../src/linux/capture/packet-ring.js';
import { emitFrame, formatFlags, parseFrame, type TcpSegment } from '../../src/wire/index.js';

const ROUTE: Route = { srcMac: '02:00:00:00:00:03', dstMac: '02:00:00:00:00:02', dst: '192.0.2.2', dstPort: 8888 };
const TURN_MS = 1;

const segmentOf = (frame: Uint8Array): TcpSegment & { readonly src: string } => {
  const parsed = parseFrame(frame, 'ethernet');
  const packet = parsed.ok ? parsed.value.packet : undefined;
  if (packet?.tcp === undefined) throw new Error('the engine sent what is no segment');
  expect(packet.tcp.checksumOk).toBe(true);
  return { ...packet.tcp, src: packet.ip.src };
};

/** Engine, link and server; time passes only from turn to turn. */
class World {
  readonly plan: Plan;
  readonly outcomes: Uint8Array;
  readonly engine: Engine;
  /** All that the engine has sent. */
  readonly sent: (TcpSegment & { readonly src: string })[] = [];
  /** Whether a frame is lost; and what the server makes of one that is not. */
  loses: (frame: Uint8Array) => boolean = () => false;
  server = (frame: Uint8Array): Uint8Array | undefined => answerTo(frame, this.plan.close === 'server');
  nowMs = 0;
  readonly ring: RingReader;
  readonly #outbox: Outbox;

  constructor(options: BulkOptions, { slots = 512, tuples }: { slots?: number; tuples?: number } = {}) {
    const plan = planOf(options);
    this.plan = { ...plan, tuples: tuples ?? plan.tuples };
    this.outcomes = new Uint8Array(plan.count);
    this.ring = new RingReader(new ArrayBuffer(slots * SLOT_BYTES));
    this.#outbox = new Outbox(ROUTE, plan.payload, TURN_FRAMES);
    this.engine = new Engine(this.plan, this.ring, this.#outbox, this.outcomes);
  }

  turn(): void {
    const isBusy = this.engine.turn(this.nowMs, this.nowMs);
    for (const frame of this.#outbox.frames()) {
      this.sent.push(segmentOf(frame));
      const answer = this.loses(frame) ? undefined : this.server(frame);
      if (answer !== undefined && !this.loses(answer)) this.ring.write(answer, this.nowMs);
    }
    this.#outbox.clear();
    const idleMs = isBusy ? 0 : this.engine.idleMs(this.nowMs);
    this.nowMs += Math.max(TURN_MS, Number.isFinite(idleMs) ? idleMs : 0);
  }

  run(mostTurns = 100_000): Readonly<Record<BulkOutcome, number>> {
    for (let turn = 0; !this.engine.done; turn++) {
      if (turn > mostTurns) throw new Error('the engine does not come to an end');
      this.turn();
    }
    return tally(this.outcomes);
  }

  flags(): string[] {
    return this.sent.map(({ flags }) => formatFlags(flags));
  }
}

const NONE = { established: 0, refused: 0, 'reset-by-peer': 0, 'no-answer': 0, aborted: 0 };

const resetting = (frame: Uint8Array): Uint8Array | undefined => {
  const { srcPort, seq, src, flags } = segmentOf(frame);
  if (formatFlags(flags) !== 'S') return undefined;
  return emitFrame({
    link: { kind: 'ethernet', src: ROUTE.dstMac, dst: ROUTE.srcMac },
    packet: {
      ip: { version: 4, src: ROUTE.dst, dst: src },
      tcp: { srcPort: 8888, dstPort: srcPort, flags: 'R.', seq: 0, ack: (seq + 1) >>> 0 },
    },
  });
};

describe('one handshake', () => {
  test.each([
    [{ close: 'rst' }, ['S', '.', 'R']],
    [{ close: 'rst', payload: Buffer.from('hello') }, ['S', 'P.', 'R']],
    [{ close: 'fin' }, ['S', '.', 'F.', '.']],
    [{ close: 'fin', payload: Buffer.from('hello') }, ['S', '.', 'F.', '.']],
    [{ close: 'server' }, ['S', '.']],
  ] as const)('%o', (options, flags) => {
    const world = new World({ count: 1, ...options });
    expect(world.run()).toEqual({ ...NONE, established: 1 });
    expect(world.flags()).toEqual(flags);
    expect(world.engine.counters).toEqual({ started: 1, established: 1, finished: 1, retransmissions: 0 });
    expect(world.engine.latency.total).toBe(1);
  });

  test('syn-sent: RST that acknowledges the SYN is a refusal', () => {
    const world = new World({ count: 1 });
    world.server = resetting;
    expect(world.run()).toEqual({ ...NONE, refused: 1 });
    expect(world.flags()).toEqual(['S']);
  });

  test('syn-sent: no answer: the SYN again after 1, 2 and 4 s, and a RST for what may be half open', () => {
    const world = new World({ count: 1, retries: 3 });
    world.loses = () => true;
    expect(world.run()).toEqual({ ...NONE, 'no-answer': 1 });
    expect(world.flags()).toEqual(['S', 'S', 'S', 'S', 'R']);
    expect(Math.round(world.nowMs / 1000)).toBe(15);
    expect(new Set(world.sent.slice(0, 4).map(({ seq }) => seq)).size).toBe(1);
  });

  test('syn-sent: an ACK that acknowledges something else gets RST, and the SYN is sent again', () => {
    const world = new World({ count: 1 });
    let stale = true;
    world.server = (frame) => {
      const answer = answerTo(frame);
      if (answer === undefined || !stale) return answer;
      stale = false;
      const { seq, srcPort, src } = segmentOf(frame);
      return emitFrame({
        link: { kind: 'ethernet', src: ROUTE.dstMac, dst: ROUTE.srcMac },
        packet: {
          ip: { version: 4, src: ROUTE.dst, dst: src },
          tcp: { srcPort: 8888, dstPort: srcPort, flags: '.', seq: 7, ack: (seq + 5000) >>> 0 },
        },
      });
    };
    expect(world.run()).toEqual({ ...NONE, established: 1 });
    expect(world.flags()).toEqual(['S', 'R', 'S', '.', 'R']);
    expect(world.sent[1]?.seq).toBe(((world.sent[0]?.seq ?? 0) + 5000) >>> 0);
  });

  test('closed: RST for the last ACK: the server had given it up, so it was not established', () => {
    const world = new World({ count: 2, window: 1 });
    let lostOne = false;
    world.server = (frame) => {
      const { flags, ack, srcPort, src } = segmentOf(frame);
      if (formatFlags(flags) !== '.' || lostOne) return answerTo(frame);
      lostOne = true;
      return emitFrame({
        link: { kind: 'ethernet', src: ROUTE.dstMac, dst: ROUTE.srcMac },
        packet: {
          ip: { version: 4, src: ROUTE.dst, dst: src },
          tcp: { srcPort: 8888, dstPort: srcPort, flags: 'R', seq: ack },
        },
      });
    };
    world.run();
    world.turn(); // what comes after the end still counts
    expect(tally(world.outcomes)).toEqual({ ...NONE, established: 1, 'reset-by-peer': 1 });
    expect(world.engine.counters).toMatchObject({ established: 1, finished: 2 });
  });

  test.each([
    ['the RST of its program, which acknowledges: it had been accepted', 'R.', 'established'],
    ["the kernel's RST for an ACK that finds no connection", 'R', 'reset-by-peer'],
  ] as const)('established, for the server to close: %s', (_what, flags, outcome) => {
    const world = new World({ count: 1, close: 'server' });
    world.server = (frame) => {
      const { flags: sent, seq, ack, srcPort, src } = segmentOf(frame);
      if (formatFlags(sent) === 'S') return answerTo(frame);
      return emitFrame({
        link: { kind: 'ethernet', src: ROUTE.dstMac, dst: ROUTE.srcMac },
        packet: {
          ip: { version: 4, src: ROUTE.dst, dst: src },
          tcp: { srcPort: 8888, dstPort: srcPort, flags, seq: ack, ack: flags === 'R' ? 0 : seq },
        },
      });
    };
    expect(world.run()).toEqual({ ...NONE, [outcome]: 1 });
    expect(world.flags()).toEqual(['S', '.']);
    expect(world.engine.counters.established).toBe(outcome === 'established' ? 1 : 0);
  });

  test('established, for the server to close: an ACK that is not answered is sent again', () => {
    const world = new World({ count: 1, close: 'server', retries: 1 });
    let acks = 0;
    world.server = (frame) => {
      if (formatFlags(segmentOf(frame).flags) === 'S') return answerTo(frame);
      return ++acks < 2 ? undefined : answerTo(frame, true);
    };
    expect(world.run()).toEqual({ ...NONE, established: 1 });
    expect(world.flags()).toEqual(['S', '.', '.']);
    expect(world.engine.counters.retransmissions).toBe(1);
  });

  test('closed: a SYN/ACK that comes late gets RST with its own number', () => {
    const world = new World({ count: 1 });
    world.run();
    const syn = world.sent[0];
    world.sent.length = 0;
    world.ring.write(
      emitFrame({
        link: { kind: 'ethernet', src: ROUTE.dstMac, dst: ROUTE.srcMac },
        packet: {
          ip: { version: 4, src: ROUTE.dst, dst: syn?.src ?? '' },
          tcp: { srcPort: 8888, dstPort: syn?.srcPort ?? 0, flags: 'S.', seq: 9, ack: ((syn?.seq ?? 0) + 1) >>> 0 },
        },
      }),
      world.nowMs,
    );
    world.turn();
    expect(world.flags()).toEqual(['R']);
    expect(world.sent[0]?.seq).toBe(((syn?.seq ?? 0) + 1) >>> 0);
  });
});

describe('many', () => {
  test.each([
    { close: 'rst', payload: Buffer.from('x') },
    { close: 'fin' },
    { close: 'fin', payload: Buffer.from('hello') },
    { close: 'server' },
  ] as const)('whatever is lost in either direction, all are established and closed: %o', (options) => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 200 }), (seed, window) => {
        const random = randomStream(seed);
        const world = new World({ count: 300, window, retries: 10, ...options });
        world.loses = () => random() < 0.1;
        expect(world.run()).toEqual({ ...NONE, established: 300 });
        expect(world.engine.counters.retransmissions).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });

  test('no more are under way than the window allows, and no fewer once it is full', () => {
    const world = new World({ count: 1000, window: 150 });
    let most = 0;
    while (!world.engine.done) {
      world.turn();
      const { started, finished } = world.engine.counters;
      most = Math.max(most, started - finished);
      expect(started - finished).toBeLessThanOrEqual(150);
    }
    expect(most).toBe(150);
  });

  test('a rate is kept', () => {
    const world = new World({ count: 500, window: 500, ratePerSecond: 1000 });
    for (let turn = 0; turn < 100; turn++) world.turn();
    const { started } = world.engine.counters;
    expect(started).toBeGreaterThan(world.nowMs - 5);
    expect(started).toBeLessThanOrEqual(world.nowMs + 1);
  });

  test('four-tuples are used again with greater sequence numbers, and never while they are in use', () => {
    const world = new World({ count: 400, window: 16, close: 'fin' }, { tuples: 20 });
    let losses = 0;
    world.loses = () => losses++ % 11 === 0;
    expect(world.run()).toEqual({ ...NONE, established: 400 });
    const used = new Map<string, Set<number>>();
    for (const { src, srcPort, seq, flags } of world.sent) {
      const tuple = `${src}:${srcPort}`;
      const seqs = used.get(tuple) ?? new Set();
      if (formatFlags(flags) === 'S') used.set(tuple, seqs.add(seq));
    }
    const growth = [...used.values()].flatMap((seqs) =>
      [...seqs].map((seq, i, all) => (seq - (all[i - 1] ?? seq - 1)) | 0),
    );
    expect(growth.length).toBe(400); // a SYN that was sent again had the same number
    expect(Math.min(...growth)).toBeGreaterThan(0);
    expect(used.size).toBe(20);
  });

  test('what waits in the ring is not sent again, however long it waits', () => {
    const world = new World({ count: 128, window: 128, retransmitMs: 100 });
    for (let turn = 0; turn < 2; turn++) world.turn(); // 128 SYNs out, 128 SYN/ACKs in the ring
    world.nowMs += 1000; // this program was not given the processor
    expect(world.run()).toEqual({ ...NONE, established: 128 });
    expect(world.engine.counters.retransmissions).toBe(0);
  });

  test('ended: what is under way is reset, each by its own number, and all are accounted for', () => {
    const world = new World({ count: 1000, window: 300, close: 'fin' });
    while (world.engine.counters.finished < 50) world.turn();
    const { finished, started } = world.engine.counters;
    world.sent.length = 0;
    world.engine.end(ABORTED);
    world.engine.end(ABORTED);
    const outcomes = world.run();
    expect(outcomes.established).toBeGreaterThan(0);
    expect(outcomes.established + outcomes.aborted).toBe(1000);
    expect(outcomes.aborted).toBeLessThanOrEqual(1000 - finished);
    expect(world.flags().filter((flags) => flags === 'R').length).toBeGreaterThanOrEqual(
      started - outcomes.established,
    );
    expect(outcomeNamed(world.outcomes[999] ?? 0)).toBe('aborted');
  });

  test('frames to addresses and ports that are none of its own are ignored', () => {
    const world = new World({ count: 1 });
    world.loses = () => true;
    world.turn();
    world.sent.length = 0;
    for (const [dst, dstPort] of [
      ['198.18.0.0', 2000],
      ['198.18.0.1', 80],
      ['198.18.0.1', 1025],
      ['198.18.255.255', 65535],
    ] as const)
      world.ring.write(
        emitFrame({
          link: { kind: 'ethernet', src: ROUTE.dstMac, dst: ROUTE.srcMac },
          packet: { ip: { version: 4, src: ROUTE.dst, dst }, tcp: { srcPort: 8888, dstPort, flags: 'S.', ack: 1 } },
        }),
        0,
      );
    world.turn();
    expect(world.sent).toEqual([]);
    expect(world.ring.frame).toBe(-1);
  });
});
