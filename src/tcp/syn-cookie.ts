/**
 * SYN cookies: a SYN is answered without keeping anything of it, and the ACK tells what it said. RFC 4987 §3.6; the layout is
 * Linux's (secure_tcp_syn_cookie, cookie_init_timestamp), but for the other side's sequence number: it is hashed, not added, so
 * that one beside it is not as good.
 */
import { ipv4Value, ipv6Value } from '../wire/address-cache.js';
import type { Flow } from '../wire/flow.js';
import { seq, seqAdd, seqDiff, type Seq } from '../wire/seq.js';
import type { TcpOption } from '../wire/tcp-options.js';
import { passiveOpen } from './listen.js';
import { agreement, synOptions, timestampsOf, tsClock } from './negotiate.js';
import { settingsOf, type OpenOptions, type Settings } from './options.js';
import { ACK, has, NO_PAYLOAD, RST, SYN } from './segments.js';
import { step } from './step.js';
import type { Step } from './turn.js';
import { type IncomingSegment, type Millis, type OutgoingSegment } from './types.js';

/** A keyed hash of 32-bit words, 32 bits of it; whoever runs the machine brings it, with a secret of his own. */
export type KeyedHash = (words: readonly number[]) => number;

/** How long the counter in a cookie stands still. */
const PERIOD_MS = 64_000;

/** A cookie of this period or the one before is good. Linux's MAX_SYNCOOKIE_AGE. */
const PERIODS = 2;

/** After the last cookie was sent, no ACK can bring one back any more: TCP_SYNCOOKIE_VALID. */
export const COOKIE_VALID_MS = PERIODS * PERIOD_MS;

/** The segment sizes that a cookie can tell of, by its index; what a SYN says is rounded down. RFC 4987 §3.6. */
const SIZES: Readonly<Record<4 | 6, readonly number[]>> = {
  4: [64, 256, 536, 1220, 1360, 1400, 1440, 1460],
  6: [64, 256, 536, 1220, 1360, 1400, 1440, 8940],
};

/** What the low bits of TSval hold: the window's shift, or that there is none, and whether SACK was offered. */
const TIMESTAMP_BITS = 6;
const NO_SHIFT = 0xf;
const SACK_BIT = 0x10;

const LOW_24_BITS = 0xff_ffff;

/**
 * Whether SYNs can be answered so: what stands in the SYN/ACK is the machine's to choose, for an option crafted by the user
 * would promise what is not remembered.
 */
export const canUseCookies = (open: Partial<OpenOptions>): boolean =>
  open.iss === undefined && open.options === undefined;

export class SynCookies {
  /** Made of the last offer, which serves many flows. */
  #settings: Settings | undefined;
  #offered: Omit<OpenOptions, 'iss'> | undefined;

  /**
   * `offer`: the OPEN call's parameters for a flow, whose initial sequence number is the cookie. `offsetOf`: where its timestamps
   * begin in place of what the offer says; either must be the same whenever it is asked for the same flow.
   */
  constructor(
    private readonly offer: (flow: Flow) => Omit<OpenOptions, 'iss'>,
    private readonly hash: KeyedHash,
    private readonly offsetOf?: (flow: Flow) => number,
  ) {}

  /**
   * The SYN/ACK for a SYN, of which nothing is kept. Without timestamps there is room to remember the MSS alone. `flow.src` is
   * this side. A flood asks for it with every packet, so no TCB is made.
   */
  answer(flow: Flow, syn: IncomingSegment, now: Millis): OutgoingSegment {
    const settings = this.#settingsFor(this.offer(flow));
    const offered = agreement(settings, syn.options, now);
    const { sendMss, timestamps, tsRecent, tsRecentAt } = offered;
    const index = Math.max(
      sizesFor(flow).findLastIndex((size) => size <= sendMss),
      0,
    );
    const sack = timestamps && offered.sack;
    const windowScaling = timestamps && offered.windowScaling;
    const own = this.offsetOf?.(flow) ?? settings.timestamps?.offset ?? 0;
    const clock = tsClock({ tsOffset: own }, now);
    const tsOffset = own + seqDiff(marked(clock, sack, windowScaling ? offered.sndShift : NO_SHIFT), clock);
    const agreed = { settings, tsOffset, tsRecent, tsRecentAt, sack, timestamps, windowScaling };
    return {
      seq: makeCookie(this.hash, wordsOf(flow), syn.seq, periodAt(now), index),
      ack: seqAdd(syn.seq, 1),
      flags: SYN | ACK,
      window: Math.min(settings.window, 0xffff),
      options: synOptions(agreed, now, true),
      payload: NO_PAYLOAD,
    };
  }

  /**
   * The connection that a segment brings back with a cookie, as it is once that segment was taken, whatever else it carries;
   * undefined where it has no good cookie.
   */
  connection(flow: Flow, segment: IncomingSegment, now: Millis): Step | undefined {
    if (!has(segment, ACK) || has(segment, SYN) || has(segment, RST)) return undefined;
    const iss = seqAdd(segment.ack, -1);
    const irs = seqAdd(segment.seq, -1);
    const size = sizesFor(flow)[readCookie(this.hash, wordsOf(flow), irs, periodAt(now), iss)];
    if (size === undefined) return undefined;
    const offer = this.offer(flow);
    const syn: IncomingSegment = {
      seq: irs,
      ack: seq(0),
      flags: SYN,
      window: segment.window,
      options: [{ kind: 'mss', mss: size }, ...(offer.timestamps === undefined ? [] : remembered(segment))],
      payload: NO_PAYLOAD,
    };
    const timestamps = offer.timestamps && { offset: this.offsetOf?.(flow) ?? offer.timestamps.offset };
    const opened = passiveOpen({ ...offer, ...(timestamps && { timestamps }), iss }, syn, now);
    // When the SYN/ACK left is not known, so nothing is measured by it.
    const taken = step({ ...opened.tcb, timedEnd: undefined }, { type: 'segment', segment }, now);
    return { tcb: taken.tcb, actions: [...opened.actions.filter(({ type }) => type === 'state'), ...taken.actions] };
  }

  #settingsFor(offer: Omit<OpenOptions, 'iss'>): Settings {
    if (this.#settings === undefined || this.#offered !== offer) this.#settings = settingsOf({ ...offer, iss: 0 });
    this.#offered = offer;
    return this.#settings;
  }
}

function makeCookie(hash: KeyedHash, words: readonly number[], irs: Seq, period: number, index: number): Seq {
  const secret = (hash([...words, irs, period, 1]) + index) & LOW_24_BITS;
  return seq(hash([...words, irs, 0, 0]) + ((period & 0xff) << 24) + secret);
}

/** The index of the segment size; any other number where the cookie is none of ours, or too old. */
function readCookie(hash: KeyedHash, words: readonly number[], irs: Seq, period: number, cookie: Seq): number {
  const rest = seq(cookie - hash([...words, irs, 0, 0]));
  const age = (period - (rest >>> 24)) & 0xff;
  if (age >= PERIODS) return -1;
  return (rest - hash([...words, irs, period - age, 1])) & LOW_24_BITS;
}

const periodAt = (now: Millis): number => Math.floor(now / PERIOD_MS) >>> 0;

const sizesFor = ({ src }: Flow): readonly number[] => SIZES[src.includes(':') ? 6 : 4];

/** The four-tuple as the hash takes it. */
function wordsOf({ src, srcPort, dst, dstPort }: Flow): readonly number[] {
  const ports = ((srcPort << 16) | dstPort) >>> 0;
  if (!src.includes(':')) return [ipv4Value('src', src), ipv4Value('dst', dst), ports];
  const [ours, theirs] = [ipv6Value('src', src), ipv6Value('dst', dst)];
  return [ours.a, ours.b, ours.c, ours.d, theirs.a, theirs.b, theirs.c, theirs.d, ports];
}

/** TSval with what was agreed on in its low bits, which come back in TSecr; it is not to lie in the future. */
function marked(clock: Seq, sack: boolean, shift: number): Seq {
  const mask = (1 << TIMESTAMP_BITS) - 1;
  const value = seq((clock & ~mask) | shift | (sack ? SACK_BIT : 0));
  return seqDiff(value, clock) > 0 ? seqAdd(value, -(mask + 1)) : value;
}

/** What the SYN offered beside its MSS, read from the echo of our timestamp. */
function remembered(segment: IncomingSegment): TcpOption[] {
  const timestamps = timestampsOf(segment);
  if (timestamps === undefined) return [];
  const shift = timestamps.echo & NO_SHIFT;
  return [
    { kind: 'timestamps', value: timestamps.value, echo: 0 },
    ...((timestamps.echo & SACK_BIT) === 0 ? [] : [{ kind: 'sackOK' } as const]),
    ...(shift === NO_SHIFT ? [] : [{ kind: 'wscale', shift } as const]),
  ];
}
