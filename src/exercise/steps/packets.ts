/** Steps about packets: sent by hand, expected there, seen on the link, or not there at all. */
import type { Text } from '../../error.js';
import { otherEnd } from '../../evidence/host.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import {
  formatSegment,
  matchSegment,
  type Mismatch,
  parseNotation,
  parseSegment,
  type SegmentFormat,
  segmentPattern,
  type SegmentPattern,
  type TcpSegment,
} from '../../wire/index.js';
import { notAPacket } from '../answer.js';
import { MissingValue } from '../expression.js';
import type { Play } from '../play.js';
import { type Actions, MOST_RETRANSMITS } from '../step-schema.js';
import { countUpTo } from './count.js';

export function send(play: Play, step: Actions['send']): void {
  const hand = play.hand(step.from, play.ends(step));
  const notation = play.text(step.packet);
  const parsed = parseSegment(notation);
  if (!parsed.ok) throw notAPacket(parsed.error);
  const payload = step.payload === undefined ? undefined : Buffer.from(play.text(step.payload));
  if (payload !== undefined && payload.length !== (parsed.value.payload?.length ?? 0))
    throw new MissingValue({
      en: `the payload has ${String(payload.length)} bytes, and the packet says another length`,
      zh: `数据有 ${String(payload.length)} 字节，与报文所写的长度不符`,
    });
  const { every, times = 0 } = step.retransmit ?? {};
  const again = every === undefined ? 0 : countUpTo(MOST_RETRANSMITS, play.number(times));
  play.hands.willSend(1 + again, parsed.value.payload?.length ?? 0);
  const more = {
    ...(payload !== undefined && { payload }),
    // A sum of zero is as good as never right.
    ...(step.badChecksum === true && { checksum: 0 }),
  };
  // What an answer leaves out is left out: nothing is filled in.
  const put = (): void => {
    const exact = parseSegment(notation, hand.ours);
    if (!exact.ok) throw notAPacket(exact.error);
    hand.sendPacket({ tcp: { ...exact.value, ...more } });
  };
  try {
    put();
  } catch (error) {
    // More options, or more bytes, than the headers have room to say.
    if (!(error instanceof RangeError)) throw error;
    throw new MissingValue({
      en: `there is no such packet: ${error.message}`,
      zh: `没有这样的报文：${'zh' in error ? String(error.zh) : error.message}`,
    });
  }
  if (every !== undefined) play.hands.repeatSend(step.from, every, again, put);
}

export async function expect(play: Play, step: Actions['expect']): Promise<void> {
  const hand = play.hand(step.at, play.ends(step));
  const pattern = attempt(() => patternText(play, step.packet));
  const what = { en: `${step.at} receives`, zh: `${HOST_ZH[step.at]}收到` };
  const passed: string[] = [];
  const until = performance.now() + (step.within ?? DEFAULT_MS);
  for (;;) {
    const came = await play.should(() => hand.hasNext, Math.max(1, until - performance.now()));
    const segment = came ? await hand.next() : undefined;
    if (segment === undefined || pattern instanceof MissingValue || step.skip !== true) play.hands.stopSending(step.at);
    if (segment !== undefined)
      play.values.setPacket(step.as, { segment, iss: hand.irs, text: say(segment, hand.theirs, {}) });
    // An answer that is no packet has taken its turn all the same: what comes next is for the next step.
    if (pattern instanceof MissingValue) throw pattern;
    if (segment === undefined) {
      play.check(what, pattern, passed.length === 0 ? NOTHING : `${passed.join(', ')}, and nothing more`);
      return;
    }
    const expected = patternOf(pattern, hand.theirs);
    const mismatches = matchSegment(segment, expected);
    const seen = say(segment, hand.theirs, { expected, mismatches, inFull: play.isShown });
    if (mismatches.length > 0 && step.skip === true) {
      passed.push(seen);
      continue;
    }
    play.hands.stopSending(step.at);
    play.check(what, pattern, seen, mismatches.length === 0);
    return;
  }
}

export async function silence(play: Play, step: Actions['silence']): Promise<void> {
  const hand = play.hand(step.at, play.ends(step));
  const came = await play.waits(() => hand.hasNext, step.for);
  const what = {
    en: `${step.at} receives nothing for ${String(step.for)} ms`,
    zh: `${HOST_ZH[step.at]}在 ${String(step.for)} 毫秒内什么也收不到`,
  };
  const observed = came ? say(await hand.next(), hand.theirs, {}) : NOTHING;
  play.check(what, NOTHING, observed);
}

export async function seen(play: Play, step: Actions['seen']): Promise<void> {
  const ends = play.ends(step);
  const pattern = attempt(() => patternText(play, step.packet));
  const what = whoSends(step);
  let packet: ReturnType<Play['nextSent']>;
  const find = (): boolean => {
    packet ??= play.nextSent(step.from, ends, isBy(step));
    return packet !== undefined;
  };
  await play.should(find, step.within);
  const iss = play.issOf(step.from, ends);
  const numbers = { seqBase: iss, ackBase: play.issOf(ends.self ? step.from : otherEnd(step.from), ends) };
  if (packet !== undefined)
    play.values.setPacket(step.as, { segment: packet.segment, iss, text: say(packet.segment, numbers, {}) });
  if (pattern instanceof MissingValue) throw pattern;
  if (packet === undefined) {
    play.check(what, pattern, NOTHING);
    return;
  }
  const expected = patternOf(pattern, numbers);
  const mismatches = matchSegment(packet.segment, expected);
  const observed = say(packet.segment, numbers, { expected, mismatches, inFull: play.isShown });
  play.check(what, pattern, observed, mismatches.length === 0);
}

const isBy =
  ({ sender: by, socket }: Actions['seen']) =>
  ({ sender, program }: ObservedPacket): boolean =>
    (by === undefined || sender === by) && (socket === undefined || program?.socket === socket);

function whoSends({ from, sender, socket }: Actions['seen']): Text {
  const zh = HOST_ZH[from];
  if (socket !== undefined) {
    const kind = { raw: 'raw', packet: 'AF_PACKET', tcp: 'TCP' }[socket];
    return { en: `a ${kind} socket of a program on ${from} sends`, zh: `${zh}上程序的 ${kind} 套接字发出` };
  }
  if (sender === 'program') return { en: `a program on ${from} sends`, zh: `${zh}上的程序发出` };
  if (sender === 'kernel') return { en: `${from}'s kernel sends`, zh: `${zh}内核发出` };
  return { en: `${from} sends`, zh: `${zh}发出` };
}

/** What it gives, or that a value is missing for it. */
function attempt<T>(action: () => T): T | MissingValue {
  try {
    return action();
  } catch (error) {
    if (error instanceof MissingValue) return error;
    throw error;
  }
}

/** @throws {MissingValue} where an answer in it cannot be used, or makes it no packet */
function patternText(play: Play, template: string): string {
  const text = play.text(template);
  patternOf(text, {});
  return text;
}

export const NOTHING = 'nothing';
const DEFAULT_MS = 1000;
export const HOST_ZH = { client: '客户端', server: '服务器' } as const;

/** @throws {MissingValue} where it is no packet after all, once its expressions are filled in */
function patternOf(text: string, numbers: SegmentFormat): SegmentPattern {
  const parsed = parseNotation(text, numbers);
  if (!parsed.ok) throw notAPacket(parsed.error);
  return segmentPattern(parsed.value);
}

interface Saying {
  readonly expected?: SegmentPattern;
  readonly mismatches?: readonly Mismatch[];
  readonly inFull?: boolean;
}

/** A segment in notation; window and options where they were asked for, or all is to be said. */
export function say(segment: TcpSegment, numbers: SegmentFormat, { expected = {}, mismatches = [], inFull }: Saying) {
  const text = formatSegment(segment, numbers);
  if (inFull === true) return text;
  const differs = (field: string): boolean => mismatches.some(({ path }) => path.startsWith(`tcp.${field}`));
  const asksForOptions = (expected.options?.length ?? 0) > 0 && mismatches.length > 0;
  const withoutOptions = asksForOptions || differs('options') ? text : text.replace(/ <.*>$/, '');
  const short = differs('window') ? withoutOptions : withoutOptions.replace(/ win \d+/, '');
  return isFar(expected, numbers) ? `${short} (on the wire: seq ${segment.seq}, ack ${segment.ack})` : short;
}

/** Whether a number was expected that is so far from where the numbers begin that it was hardly meant relative to that. */
function isFar({ seq, ack }: SegmentPattern, { seqBase = 0, ackBase = 0 }: SegmentFormat): boolean {
  const far = (number: number | undefined, base: number): boolean =>
    number !== undefined && (number - base) >>> 0 > 0x7fff_ffff;
  return far(seq, seqBase) || far(ack, ackBase);
}
