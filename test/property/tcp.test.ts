/** What holds for any connection, whatever happens to it. RFC 9293 §3.3.2 and §3.4. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  activeOpen,
  listen,
  millis,
  passiveOpen,
  pollAt,
  stateDiagram,
  step,
  TRANSITIONS,
  type IncomingSegment,
  type OpenOptions,
  type Step,
  type Tcb,
  type TcpEvent,
} from '../../src/tcp/index.js';
import { seq, seqAdd, seqLe, seqLt } from '../../src/wire/seq.js';
import { TcpFlag } from '../../src/wire/tcp.js';
import type { TcpOption } from '../../src/wire/tcp-options.js';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const option: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ kind: 'nop' }),
  fc.constant<TcpOption>({ kind: 'sackOK' }),
  fc.record({ kind: fc.constant('mss' as const), mss: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('wscale' as const), shift: fc.nat(255) }),
  fc.record({ kind: fc.constant('timestamps' as const), value: u32, echo: u32 }),
  fc.record({ kind: fc.constant('sack' as const), blocks: fc.array(fc.tuple(u32, u32), { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('unknown' as const), code: fc.nat(255), data: fc.uint8Array({ maxLength: 38 }) }),
);

const options: fc.Arbitrary<OpenOptions> = fc.record(
  {
    iss: u32,
    mss: fc.constantFrom(1, 100, 1460, 65_535),
    window: fc.constantFrom(0, 1, 100, 5000, 64_240, 3_000_000),
    windowShift: fc.nat(14),
    sack: fc.boolean(),
    timestamps: fc.record({ offset: u32 }),
    options: fc.array(option, { maxLength: 6 }),
    synRetries: fc.nat(2),
    maxRetransmissions: fc.nat(2),
    finWait2Ms: fc.constant(1000),
    delayedAckMs: fc.constantFrom(0, 40),
  },
  { requiredKeys: ['iss', 'mss', 'window'] },
);

/** Segments that know where they should be, more or less: numbers are distances from RCV.NXT and SND.UNA. */
interface Aim {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
  /** Carries the timestamps that the connection expects. */
  readonly timely: boolean;
}

const distance = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, -1) },
  { weight: 2, arbitrary: fc.integer({ min: -3000, max: 6000 }) },
  { weight: 1, arbitrary: u32 },
);

const { FIN, SYN, RST, PSH, ACK, URG } = TcpFlag;
const flags = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(ACK, ACK | PSH, ACK | FIN, SYN, SYN | ACK, RST, RST | ACK) },
  { weight: 1, arbitrary: fc.nat(FIN | SYN | RST | PSH | ACK | URG) },
);

const aim: fc.Arbitrary<Aim> = fc.record({
  seq: distance,
  ack: distance,
  flags,
  window: fc.constantFrom(0, 1, 100, 8000, 65_535),
  options: fc.array(option, { maxLength: 4 }),
  payload: fc.uint8Array({ maxLength: 40 }),
  timely: fc.boolean(),
});

type Stimulus =
  | { readonly aim: Aim }
  | { readonly call: Exclude<TcpEvent, { readonly type: 'segment' }> }
  | { readonly waitMs: number }
  /** A segment in order, with these flags; `acks` says whether it acknowledges all that was sent. */
  | { readonly fitting: number; readonly acks: boolean };

const stimulus: fc.Arbitrary<Stimulus> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ aim }) },
  {
    weight: 6,
    arbitrary: fc.record({
      fitting: fc.constantFrom(ACK, ACK | PSH, ACK | FIN, SYN | ACK, SYN),
      acks: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.oneof(
        fc.record({ type: fc.constant('write' as const), data: fc.uint8Array({ maxLength: 3000 }) }),
        fc.record({ type: fc.constant('consumed' as const), bytes: fc.nat(100) }),
        fc.constantFrom(...(['close', 'close', 'timer', 'abort'] as const).map((type) => ({ type }))),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ waitMs: fc.constantFrom(1, 40, 200, 1000, 60_000, 3e9) }) },
);

const fits = (flags: number, acks = true): Stimulus => ({ fitting: flags, acks });
const CLOSE: Stimulus = { call: { type: 'close' } };

/** Ways into the deeper states, which chance alone would seldom find. */
const prefix = fc.constantFrom<readonly Stimulus[]>(
  [],
  [fits(ACK), fits(SYN | ACK)],
  [fits(ACK), fits(SYN | ACK), { call: { type: 'write', data: new Uint8Array(9) } }],
  [fits(ACK), fits(SYN | ACK), CLOSE],
  [fits(ACK), fits(SYN | ACK), CLOSE, fits(ACK)],
  [fits(ACK), fits(SYN | ACK), CLOSE, fits(ACK | FIN, false)],
  [fits(ACK), fits(SYN | ACK), fits(ACK | FIN)],
  [fits(ACK), fits(SYN | ACK), fits(ACK | FIN), CLOSE],
);

const opening = fc.constantFrom('active', 'listening', 'accepted' as const);

function open(how: string, chosen: OpenOptions, syn: IncomingSegment): Step {
  if (how === 'active') return activeOpen(chosen, millis(0));
  return how === 'listening' ? listen(chosen, millis(0)) : passiveOpen(chosen, syn, millis(0));
}

const timely = (tcb: Tcb): TcpOption => ({ kind: 'timestamps', value: tcb.tsRecent, echo: 0 });

function aimed(tcb: Tcb, at: Aim): IncomingSegment {
  const { flags, window, payload } = at;
  const found = at.timely ? [timely(tcb), ...at.options] : at.options;
  return { seq: seqAdd(tcb.rcvNxt, at.seq), ack: seqAdd(tcb.sndUna, at.ack), flags, window, options: found, payload };
}

const fitting = (tcb: Tcb, flags: number, acks: boolean): IncomingSegment => ({
  seq: tcb.rcvNxt,
  ack: acks ? tcb.sndNxt : tcb.sndUna,
  flags,
  window: 8000,
  options: [timely(tcb)],
  payload: flags === (ACK | PSH) ? new Uint8Array(10) : new Uint8Array(0),
});

/** Runs the stimuli, and checks every step. */
function play(how: string, chosen: OpenOptions, first: Aim, stimuli: readonly Stimulus[]): ReadonlySet<string> {
  let now = millis(0);
  const seen = new Set<string>();
  const syn = { ...aimed(activeOpen(chosen, now).tcb, first), flags: SYN };
  let last = open(how, chosen, syn);
  check(undefined, last, seen);
  for (const s of stimuli) {
    const { tcb } = last;
    freeze(tcb);
    let event: TcpEvent;
    if ('waitMs' in s) {
      now = millis(now + s.waitMs);
      event = { type: 'timer' };
    } else if ('call' in s) {
      event = s.call;
    } else {
      event = { type: 'segment', segment: 'aim' in s ? aimed(tcb, s.aim) : fitting(tcb, s.fitting, s.acks) };
    }
    last = step(tcb, event, now);
    check(tcb, last, seen);
  }
  return seen;
}

/** Whatever a step writes into the old value, it throws. (The arrays of the send queue are shared, and tested as such.) */
function freeze(tcb: Tcb): void {
  const { rtt, congestion, reassembly, peerBlocks, sendQueue } = tcb;
  const parts = [tcb, rtt, congestion, reassembly, reassembly.pieces, reassembly.blocks, peerBlocks, sendQueue];
  parts.forEach((part) => Object.freeze(part));
}

const EDGES: ReadonlySet<string> = new Set(TRANSITIONS.map(({ from, to, clause }) => `${from} ${to} ${clause}`));

function check(before: Tcb | undefined, { tcb, actions }: Step, seen: Set<string>): void {
  // Every edge is one of the table, and they lead from the old state to the new one.
  let at = before?.state ?? (tcb.origin === 'accepted' ? 'LISTEN' : 'CLOSE');
  for (const action of actions) {
    if (action.type !== 'state') continue;
    const { from, to, clause } = action;
    expect(from).toBe(at);
    const edge = `${from} ${to} ${clause}`;
    expect(EDGES).toContain(edge);
    seen.add(edge);
    at = to;
  }
  expect(tcb.state).toBe(at);

  expect(seqLe(tcb.sndUna, tcb.sndNxt)).toBe(true);
  expect(seqLe(tcb.sndUna, tcb.resendNxt) && seqLe(tcb.resendNxt, tcb.sndNxt)).toBe(true);
  const kept = tcb.reassembly.pieces.reduce((sum, { data }) => sum + data.length, 0);
  expect(kept).toBeLessThanOrEqual(tcb.settings.window);
  expect(tcb.unread).toBeLessThanOrEqual(tcb.settings.window);

  // An end is said once; after it there is no timer but that of TIME-WAIT, and nothing in the queues.
  const ends = actions.filter(({ type }) => type === 'ended').length;
  expect(ends).toBe(tcb.ended && before?.ended !== true ? 1 : 0);
  expect(tcb.ended).toBe(tcb.state === 'TIME_WAIT' || tcb.state === 'CLOSE');
  if (tcb.state === 'CLOSE') {
    expect(pollAt(tcb)).toBeUndefined();
    expect(tcb.sendQueue.end).toBe(tcb.sendQueue.start);
  }

  // What goes out can be put in a header.
  for (const action of actions) {
    if (action.type !== 'send') continue;
    const { segment } = action;
    expect(segment.window).toBeLessThanOrEqual(0xffff);
    expect(Number.isInteger(segment.window) && segment.window >= 0).toBe(true);
    expect([seq(segment.seq), seq(segment.ack)]).toEqual([segment.seq, segment.ack]);
    expect(segment.payload.length).toBeLessThanOrEqual(Math.max(tcb.settings.mss, 48));
  }
}

test('no step leaves the table, whatever happens', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(opening, options, aim, prefix, fc.array(stimulus, { maxLength: 40 }), (how, chosen, first, ...then) => {
      for (const edge of play(how, chosen, first, then.flat())) seen.add(edge);
    }),
    { numRuns: 2000, seed: 9293 },
  );
  // And the table holds no edge that no step takes: the runs above found them all.
  expect([...EDGES].filter((edge) => !seen.has(edge))).toEqual([]);
});

test('whatever arrives in whatever order, the first FIN taken is the end', () => {
  const STREAM = 60;
  const piece = fc.record({ at: fc.nat(STREAM), length: fc.nat(20), fin: fc.boolean() });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), u32, (pieces, theirIss) => {
      const plain = { window: 1000, options: [{ kind: 'sackOK' }] as const, payload: new Uint8Array(0) };
      const opened = activeOpen({ iss: 7, mss: 1000, window: 1000, sack: true }, millis(0)).tcb;
      const synAck = { ...plain, seq: seq(theirIss), ack: opened.sndNxt, flags: SYN | ACK };
      let { tcb } = step(opened, { type: 'segment', segment: synAck }, millis(0));
      const ends: number[] = [];
      const delivered: number[] = [];
      const take = ({
        at,
        length,
        fin,
      }: {
        readonly at: number;
        readonly length: number;
        readonly fin: boolean;
      }): void => {
        const payload = Uint8Array.from({ length }, (_, i) => at + i);
        const flags = fin ? ACK | FIN : ACK;
        const segment = { seq: seqAdd(tcb.irs, 1 + at), ack: tcb.sndNxt, flags, window: 1000, options: [], payload };
        const next = step(tcb, { type: 'segment', segment }, millis(0));
        for (const action of next.actions) {
          if (action.type === 'deliver') delivered.push(...action.data);
          if (action.type === 'peer-closed') ends.push(delivered.length);
        }
        tcb = next.tcb;
        if (tcb.rcvFin === undefined || tcb.state === 'CLOSE_WAIT') return;
        for (const [left, right] of tcb.reassembly.blocks)
          expect([seqLt(left, right), seqLe(right, tcb.rcvFin.at)]).toEqual([true, true]);
      };
      pieces.forEach(take);
      const fin = tcb.rcvFin === undefined ? undefined : (tcb.rcvFin.at - seqAdd(tcb.irs, 1)) >>> 0;
      take({ at: 0, length: fin ?? STREAM + 20, fin: fin === undefined }); // all that is missing
      const end = fin ?? STREAM + 20;
      expect(delivered).toEqual(Array.from({ length: end }, (_, i) => i));
      expect(ends).toEqual([end]);
      expect([tcb.state, tcb.rcvNxt]).toEqual(['CLOSE_WAIT', seqAdd(tcb.irs, end + 2)]);
    }),
    { numRuns: 2000, seed: 500 },
  );
});

test('the timer event before its time does nothing but send what is due', () => {
  fc.assert(
    fc.property(options, (chosen) => {
      const { tcb } = activeOpen(chosen, millis(0));
      expect(step(tcb, { type: 'timer' }, millis(999))).toEqual({ tcb, actions: [] });
    }),
  );
});

test('the diagram has every edge once', () => {
  const diagram = stateDiagram();
  expect(diagram.split('\n').filter((line) => line.includes('-->'))).toHaveLength(TRANSITIONS.length + 1);
  expect(diagram).toContain('  SYN_SENT --> ESTABLISHED: rcv SYN/ACK, snd ACK (9293 §3.10.7.3)\n');
});
