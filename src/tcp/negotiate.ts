/** The options of the SYNs: what we offer, and what comes of it. RFC 9293 §3.7.1; RFC 7323 §2.2 and §3.2; RFC 2018 §2. */
import { seq, type Seq } from '../wire/seq.js';
import type { TcpOption } from '../wire/tcp-options.js';
import type { Settings } from './options.js';
import { TIMESTAMPS_BYTES, type Tcb } from './tcb.js';
import type { Turn } from './turn.js';
import type { IncomingSegment, Millis } from './types.js';

/** What a SYN's options say; of an option that stands there twice, the last one counts. */
interface Offer {
  readonly mss: number | undefined;
  readonly shift: number | undefined;
  readonly sack: boolean;
  readonly timestamps: Timestamps | undefined;
}

export interface Timestamps {
  readonly value: number;
  readonly echo: number;
}

/** A larger shift counts as this one. RFC 7323 §2.3. */
const MAX_SHIFT = 14;

/** A smaller MSS would leave no room beside the options. Linux's TCP_MIN_SND_MSS. */
export const MIN_MSS = 48;

type OptionOf<Kind extends TcpOption['kind']> = Extract<TcpOption, { readonly kind: Kind }>;

const last = <Kind extends TcpOption['kind']>(options: readonly TcpOption[], kind: Kind): OptionOf<Kind> | undefined =>
  options.findLast((option): option is OptionOf<Kind> => option.kind === kind);

function read(options: readonly TcpOption[]): Offer {
  const wscale = last(options, 'wscale');
  return {
    mss: last(options, 'mss')?.mss,
    shift: wscale && Math.min(wscale.shift, MAX_SHIFT),
    sack: last(options, 'sackOK') !== undefined,
    timestamps: last(options, 'timestamps'),
  };
}

/** What our own SYN offers: read from the options that the user crafted, where there are any. */
function ours(settings: Settings): Omit<Offer, 'mss' | 'timestamps'> & { readonly timestamps: boolean } {
  if (settings.options !== undefined) {
    const offer = read(settings.options);
    return { ...offer, timestamps: offer.timestamps !== undefined };
  }
  const { windowShift, sack, timestamps } = settings;
  const shift = windowShift === undefined ? undefined : Math.min(windowShift, MAX_SHIFT);
  return { shift, sack: sack === true, timestamps: timestamps !== undefined };
}

/** What both SYNs offer, by the names that it has in the TCB. */
export type Agreement = Pick<
  Tcb,
  'sendMss' | 'windowScaling' | 'sndShift' | 'rcvShift' | 'sack' | 'timestamps' | 'tsRecent' | 'tsRecentAt'
>;

export function agreement(settings: Settings, options: readonly TcpOption[], now: Millis): Agreement {
  const mine = ours(settings);
  const theirs = read(options);
  const windowScaling = mine.shift !== undefined && theirs.shift !== undefined;
  const timestamps = mine.timestamps ? theirs.timestamps : undefined;
  return {
    sendMss: Math.max(Math.min(theirs.mss ?? settings.defaultMss, settings.mss), MIN_MSS),
    windowScaling,
    sndShift: windowScaling ? theirs.shift : 0,
    rcvShift: windowScaling ? mine.shift : 0,
    sack: mine.sack && theirs.sack,
    timestamps: timestamps !== undefined,
    tsRecent: timestamps === undefined ? 0 : timestamps.value,
    tsRecentAt: timestamps === undefined ? undefined : now,
  };
}

/** Takes over what both SYNs offer. */
export function negotiate({ tcb, now }: Turn, syn: IncomingSegment): void {
  Object.assign(tcb, agreement(tcb.settings, syn.options, now));
  tcb.agreedMss = Math.max(Math.min(tcb.sendMss, tcb.settings.pathMss ?? Infinity), MIN_MSS);
  tcb.sendMss = Math.max(Math.min(tcb.sendMss, tcb.pathMss), MIN_MSS);
}

const NOP: TcpOption = { kind: 'nop' };
const SACK_OK: TcpOption = { kind: 'sackOK' };

type TimestampClock = Pick<Tcb, 'tsOffset' | 'tsRecent' | 'tsRecentAt'>;

/** TSval and TSecr as they stand now; the echo is 0 before there is one to give. RFC 7323 §3.2. */
const timestampsOption = (tcb: TimestampClock, now: Millis): TcpOption => ({
  kind: 'timestamps',
  value: tsClock(tcb, now),
  echo: tcb.tsRecentAt === undefined ? 0 : tcb.tsRecent,
});

/** The timestamp clock: whole milliseconds. RFC 7323 §5.4. */
export const tsClock = (tcb: Pick<Tcb, 'tsOffset'>, now: Millis): Seq => seq(Math.floor(now) + tcb.tsOffset);

/** The options of our SYN, or of our SYN/ACK, which accepts what the other side offered; in Linux's order. */
export function synOptions(
  tcb: TimestampClock & Pick<Tcb, 'settings' | 'sack' | 'timestamps' | 'windowScaling'>,
  now: Millis,
  answering: boolean,
): readonly TcpOption[] {
  const { settings } = tcb;
  if (settings.options !== undefined) return settings.options;
  const sack = answering ? tcb.sack : settings.sack === true;
  const timestamps = answering ? tcb.timestamps : settings.timestamps !== undefined;
  const options: TcpOption[] = [{ kind: 'mss', mss: settings.mss }];
  if (timestamps) options.push(...(sack ? [SACK_OK] : [NOP, NOP]), timestampsOption(tcb, now));
  else if (sack) options.push(NOP, NOP, SACK_OK);
  if (settings.windowShift !== undefined && (!answering || tcb.windowScaling)) {
    options.push(NOP, { kind: 'wscale', shift: settings.windowShift });
  }
  return options;
}

/** The blocks that fit: 3 beside timestamps, 4 without. RFC 2018 §3. */
const blocksFor = (tcb: Tcb): readonly (readonly [number, number])[] =>
  tcb.sack ? tcb.reassembly.blocks.slice(0, tcb.timestamps ? 3 : 4) : [];

const NO_OPTIONS: readonly TcpOption[] = [];

/** The options of every other segment, padded as Linux pads them. */
export function segmentOptions(tcb: Tcb, now: Millis): readonly TcpOption[] {
  const blocks = tcb.reassembly.blocks.length === 0 ? [] : blocksFor(tcb);
  const sack: readonly TcpOption[] = blocks.length === 0 ? NO_OPTIONS : [NOP, NOP, { kind: 'sack', blocks }];
  if (!tcb.timestamps) return sack;
  const timestamps = timestampsOption(tcb, now);
  return sack.length === 0 ? [NOP, NOP, timestamps] : [NOP, NOP, timestamps, ...sack];
}

/** The bytes of payload that a segment with these options may carry. RFC 9293 §3.7.1. */
export function payloadRoom(tcb: Tcb): number {
  const blocks = tcb.reassembly.blocks.length === 0 ? 0 : blocksFor(tcb).length;
  return tcb.sendMss - (tcb.timestamps ? TIMESTAMPS_BYTES : 0) - (blocks === 0 ? 0 : 4 + 8 * blocks);
}

/** The timestamps of a segment, where it has any. */
export function timestampsOf(segment: IncomingSegment): Timestamps | undefined {
  for (const option of segment.options) if (option.kind === 'timestamps') return option;
  return undefined;
}
