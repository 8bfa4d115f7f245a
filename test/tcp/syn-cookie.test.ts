/** SYN cookies: what comes back is what was said, and nothing else brings a connection back. RFC 4987 §3.6. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canUseCookies, COOKIE_VALID_MS, LINUX_OFFER, millis, negotiated, SynCookies } from '../../src/tcp/index.js';
import type { IncomingSegment, OutgoingSegment } from '../../src/tcp/index.js';
import type { Flow } from '../../src/wire/flow.js';
import { seq, seqAdd, seqDiff } from '../../src/wire/seq.js';
import { TcpFlag } from '../../src/wire/tcp.js';
import type { TcpOption } from '../../src/wire/tcp-options.js';

const FLOW: Flow = { src: '192.0.2.2', srcPort: 80, dst: '198.51.100.7', dstPort: 40_000 };
const FLOW6: Flow = { src: '2001:db8::2', srcPort: 80, dst: '2001:db8:1::7', dstPort: 40_000 };
const NOW = millis(1_000_000);

/** FNV-1a over the words: not secret, but the same on every machine. */
const hash = (words: readonly number[]): number => {
  let value = 0x811c9dc5;
  for (const word of words)
    for (const shift of [24, 16, 8, 0]) value = Math.imul(value ^ ((word >>> shift) & 0xff), 0x01000193) >>> 0;
  return value;
};

const cookies = new SynCookies(() => LINUX_OFFER, hash);

const LINUX_SYN: readonly TcpOption[] = [
  { kind: 'mss', mss: 1460 },
  { kind: 'sackOK' },
  { kind: 'timestamps', value: 77, echo: 0 },
  { kind: 'nop' },
  { kind: 'wscale', shift: 10 },
];

const syn = (options: readonly TcpOption[] = LINUX_SYN, start = 5000): IncomingSegment => ({
  seq: seq(start),
  ack: seq(0),
  flags: TcpFlag.SYN,
  window: 64240,
  options,
  payload: new Uint8Array(0),
});

const tsOf = (options: readonly TcpOption[]) => options.find((option) => option.kind === 'timestamps');

/** The third packet of the handshake, as a client makes it of the second. */
function ackOf(synAck: OutgoingSegment, more: Partial<IncomingSegment> = {}): IncomingSegment {
  const timestamps = tsOf(synAck.options);
  return {
    seq: seq(synAck.ack),
    ack: seqAdd(seq(synAck.seq), 1),
    flags: TcpFlag.ACK,
    window: 63,
    options: timestamps === undefined ? [] : [{ kind: 'timestamps', value: 80, echo: timestamps.value }],
    payload: new Uint8Array(0),
    ...more,
  };
}

describe('fixed vectors', () => {
  test.each([
    { flow: FLOW, options: LINUX_SYN, now: NOW, cookie: 939519585 },
    { flow: FLOW, options: [], now: NOW, cookie: 939519580 },
    { flow: FLOW6, options: LINUX_SYN, now: NOW, cookie: 803123552 },
    { flow: FLOW, options: LINUX_SYN, now: millis(NOW + 64_000), cookie: 954300258 },
  ])('$cookie for the SYN from $flow.dst at $now ms', ({ flow, options, now, cookie }) => {
    expect(cookies.answer(flow, syn(options), now).seq).toBe(cookie);
  });

  test('the SYN/ACK has the options of an ordinary one; TSval tells the shift and SACK in its low bits', () => {
    const { flags, ack, window, options } = cookies.answer(FLOW, syn(), NOW);
    expect({ flags, ack, window }).toEqual({ flags: TcpFlag.SYN | TcpFlag.ACK, ack: 5001, window: 64240 });
    // 1,000,000 = 64 * 15,625: the marks would lie in the future, so it is the 64 ms before.
    expect(options).toEqual([
      { kind: 'mss', mss: 1460 },
      { kind: 'sackOK' },
      { kind: 'timestamps', value: 1_000_000 - 64 + 0x1a, echo: 77 },
      { kind: 'nop' },
      { kind: 'wscale', shift: 7 },
    ]);
  });

  /** The marks are 0x1a: they stand in the 64 ms that run where those are not in the future, otherwise in those before. */
  test.each([
    [0, -64],
    [0x19, -64],
    [0x1a, 0],
    [0x3f, 0],
    [0x40, 0],
  ])('TSval %i ms into its 64 ms, and their number', (ms, base) => {
    const { options } = cookies.answer(FLOW, syn(), millis(NOW + ms));
    expect(tsOf(options)?.value).toBe(NOW + base + 0x1a);
  });

  /** The largest size that is not above what the SYN says; 64 where there is none. Of an IPv6 SYN that says none, 1220. */
  test.each([
    [
      FLOW,
      [
        [1, 64],
        [64, 64],
        [255, 64],
        [256, 256],
        [535, 256],
        [536, 536],
        [1219, 536],
        [1220, 1220],
      ],
    ],
    [
      FLOW,
      [
        [1360, 1360],
        [1399, 1360],
        [1400, 1400],
        [1440, 1440],
        [1459, 1440],
        [1460, 1460],
        [9000, 1460],
      ],
    ],
    [
      FLOW6,
      [
        [63, 64],
        [1220, 1220],
        [1440, 1440],
        [8939, 1440],
        [8940, 8940],
        [65535, 8940],
      ],
    ],
  ] as const)('the sizes that a cookie to $dst can tell of', (flow, sizes) => {
    const large = new SynCookies(() => ({ ...LINUX_OFFER, mss: 9000 }), hash);
    const sizeOf = (mss: number): number | undefined => {
      const synAck = large.answer(flow, syn([{ kind: 'mss', mss }]), NOW);
      return large.connection(flow, ackOf(synAck), NOW)?.tcb.sendMss;
    };
    expect(sizes.map(([mss]) => [mss, sizeOf(mss)])).toEqual(sizes);
  });

  test('an offer without timestamps: a SYN that has them gets none, and is told of by its MSS alone', () => {
    const plain = new SynCookies(() => ({ mss: 1460, window: 5000, windowShift: 7, sack: true }), hash);
    const synAck = plain.answer(FLOW, syn(), NOW);
    expect([synAck.options, synAck.window]).toEqual([[{ kind: 'mss', mss: 1460 }], 5000]);
    const forged = ackOf(synAck, { options: [{ kind: 'timestamps', value: 1, echo: 0x1a }] });
    for (const ack of [ackOf(synAck), forged]) {
      const tcb = plain.connection(FLOW, ack, NOW)?.tcb;
      expect(tcb).toMatchObject({ state: 'ESTABLISHED', timestamps: false, sack: false, windowScaling: false });
    }
  });

  test('without timestamps there is room for the MSS alone, and nothing else is promised', () => {
    const options: TcpOption[] = [{ kind: 'mss', mss: 1400 }, { kind: 'sackOK' }, { kind: 'wscale', shift: 7 }];
    expect(cookies.answer(FLOW, syn(options), NOW).options).toEqual([{ kind: 'mss', mss: 1460 }]);
  });
});

const option = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

const offers = fc
  .record({
    mss: option(fc.integer({ min: 1, max: 65535 })),
    shift: option(fc.integer({ min: 0, max: 14 })),
    sack: fc.boolean(),
    timestamps: fc.boolean(),
  })
  .map(({ mss, shift, sack, timestamps }) => {
    const options: TcpOption[] = [];
    if (mss !== undefined) options.push({ kind: 'mss', mss });
    if (sack) options.push({ kind: 'sackOK' });
    if (timestamps) options.push({ kind: 'timestamps', value: 77, echo: 0 });
    if (shift !== undefined) options.push({ kind: 'wscale', shift });
    return { mss, shift, sack, timestamps, options };
  });

const flows = fc.constantFrom(FLOW, FLOW6, { ...FLOW, dstPort: 1 });
const numbers = fc.integer({ min: 0, max: 0xffff_ffff });

describe('what comes back', () => {
  test('every option that the SYN/ACK promised is kept, and no segment is larger than the SYN allowed', () => {
    fc.assert(
      fc.property(
        offers,
        flows,
        numbers,
        numbers,
        fc.integer({ min: 0, max: 60_000 }),
        (offer, flow, start, at, laterMs) => {
          const synAck = cookies.answer(flow, syn(offer.options, start), millis(at));
          const step = cookies.connection(flow, ackOf(synAck), millis(at + laterMs));
          if (step === undefined) throw new Error('not taken');
          const { tcb } = step;
          expect(tcb.state).toBe('ESTABLISHED');
          expect(step.actions.map(({ type }) => type)).not.toContain('send');
          const scales = offer.timestamps && offer.shift !== undefined;
          expect(negotiated(tcb)).toMatchObject({
            sendWindowShift: scales ? offer.shift : 0,
            receiveWindowShift: scales ? 7 : 0,
            sack: offer.timestamps && offer.sack,
            timestamps: offer.timestamps,
          });
          expect(synAck.options.some(({ kind }) => kind === 'wscale')).toBe(scales);
          expect(tcb.sendMss).toBeLessThanOrEqual(Math.max(offer.mss ?? (flow === FLOW6 ? 1220 : 536), 64));
          const next = seqAdd(seq(synAck.seq), 1);
          expect([tcb.rcvNxt, tcb.sndNxt, tcb.sndUna]).toEqual([synAck.ack, next, next]);
          expect(tcb.sndWnd).toBe(63 * 2 ** tcb.sndShift);
        },
      ),
    );
  });

  test('data on the ACK, and a FIN behind it, are taken with it', () => {
    const synAck = cookies.answer(FLOW, syn(), NOW);
    const payload = Buffer.from('GET / HTTP/1.0\r\n\r\n');
    const segment = ackOf(synAck, { payload, flags: TcpFlag.ACK | TcpFlag.FIN });
    const step = cookies.connection(FLOW, segment, NOW);
    expect(step?.tcb.state).toBe('CLOSE_WAIT');
    const said = step?.actions.map((action) => (action.type === 'state' ? action.to : action.type));
    expect(said).toEqual(['SYN_RECV', 'ESTABLISHED', 'established', 'deliver', 'peer-closed', 'CLOSE_WAIT', 'send']);
  });

  test('our timestamps do not go back after it, nor is the time since the SYN/ACK taken for a round trip', () => {
    const synAck = cookies.answer(FLOW, syn(), NOW);
    const step = cookies.connection(FLOW, ackOf(synAck, { payload: Buffer.from('x') }), millis(NOW + 500));
    expect(step?.tcb.rtt.srttMs).toBeUndefined();
    expect(step?.tcb.tsOffset).toBe(0);
    expect(tsOf(synAck.options)?.value).toBeLessThanOrEqual(NOW);
  });

  test('timestamps may begin elsewhere in each connection, and tell the same all the same', () => {
    const offset = 0xffff_f000;
    const hidden = new SynCookies(() => ({ ...LINUX_OFFER, timestamps: { offset } }), hash);
    const synAck = hidden.answer(FLOW, syn(), NOW);
    const behind = seqDiff(seq(NOW + offset), seq(tsOf(synAck.options)?.value ?? 0));
    expect(behind).toBeGreaterThanOrEqual(0);
    expect(behind).toBeLessThan(64);
    const tcb = hidden.connection(FLOW, ackOf(synAck), NOW)?.tcb;
    expect(tcb).toMatchObject({
      state: 'ESTABLISHED',
      tsOffset: offset,
      sack: true,
      windowScaling: true,
      sndShift: 10,
    });
  });
});

describe('what is refused', () => {
  const synAck = cookies.answer(FLOW, syn(), NOW);
  const ack = ackOf(synAck);

  test('a cookie is good in its period and the next', () => {
    expect(cookies.connection(FLOW, ack, millis(NOW + 64_000))).toBeDefined();
    expect(cookies.connection(FLOW, ack, millis(NOW + COOKIE_VALID_MS))).toBeUndefined();
    expect(cookies.connection(FLOW, ack, millis(NOW - 64_000))).toBeUndefined();
  });

  test.each([
    ['another address', { dst: '198.51.100.8' }],
    ['another port', { dstPort: 40_001 }],
    ['another port of ours', { srcPort: 81 }],
    ['another address of ours', { src: '192.0.2.3' }],
  ])('from %s', (_, other) => {
    expect(cookies.connection({ ...FLOW, ...other }, ack, NOW)).toBeUndefined();
  });

  test('another secret', () => {
    const other = new SynCookies(
      () => LINUX_OFFER,
      (words) => hash([...words, 1]),
    );
    expect(other.connection(FLOW, ack, NOW)).toBeUndefined();
  });

  test.each([
    ['SYN', { flags: TcpFlag.SYN | TcpFlag.ACK }],
    ['RST', { flags: TcpFlag.RST | TcpFlag.ACK }],
    ['no ACK', { flags: 0 }],
    ['another sequence number', { seq: seqAdd(ack.seq, 1) }],
    ['another acknowledgment', { ack: seqAdd(ack.ack, 0x0100_0000) }],
  ])('%s', (_, other) => {
    expect(cookies.connection(FLOW, { ...ack, ...other }, NOW)).toBeUndefined();
  });

  test('guessing hits eight of 2^24 in each of two periods', () => {
    let hits = 0;
    let state = 1;
    const tries = 200_000;
    for (let i = 0; i < tries; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      if (cookies.connection(FLOW, { ...ack, ack: seq(state) }, NOW) !== undefined) hits += 1;
    }
    // Some 2^-21 of all: 0.1 are expected of these.
    expect(hits).toBeLessThan(3);
  });

  test('there are none where the user has crafted what the SYN/ACK says', () => {
    expect([{}, { mss: 1000 }, { iss: 1 }, { options: [] }].map(canUseCookies)).toEqual([true, true, false, false]);
  });
});
