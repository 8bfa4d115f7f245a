/** Steps about packets: sent by hand, expected there, seen on the link, or not there at all. */
import { otherHost } from '../../evidence/host.js';
import {
  formatSegment,
  matchSegment,
  type Mismatch,
  parseNotation,
  parseSegment,
  type SegmentFormat,
  type SegmentPattern,
  type TcpSegment,
} from '../../wire/index.js';
import { notAPacket } from '../answer.js';
import { MissingValue } from '../expression.js';
import type { Play } from '../play.js';
import type { Actions } from '../step-schema.js';

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
  const more = {
    ...(payload !== undefined && { payload }),
    // A sum of zero is as good as never right.
    ...(step.badChecksum === true && { checksum: 0 }),
  };
  const put = (): void => {
    hand.send(notation, more);
  };
  put();
  if (step.retransmit !== undefined)
    play.hands.repeatSend(step.from, step.retransmit.every, play.number(step.retransmit.times), put);
}

export async function expect(play: Play, step: Actions['expect']): Promise<void> {
  const hand = play.hand(step.at, play.ends(step));
  const text = play.text(step.packet);
  const what = { en: `${step.at} receives`, zh: `${HOST_ZH[step.at]}收到` };
  const passed: string[] = [];
  const until = performance.now() + (step.within ?? DEFAULT_MS);
  for (;;) {
    if (!(await play.should(() => hand.hasNext, Math.max(1, until - performance.now())))) {
      play.hands.stopSending(step.at);
      play.check(what, text, passed.length === 0 ? NOTHING : `${passed.join(', ')}, and nothing more`);
      return;
    }
    const segment = await hand.next();
    const numbers = hand.theirs;
    const expected = patternOf(text, numbers);
    const mismatches = matchSegment(segment, expected);
    if (mismatches.length > 0 && step.skip === true) {
      passed.push(say(segment, numbers, mismatches));
      continue;
    }
    play.hands.stopSending(step.at);
    play.values.setPacket(step.as, { segment, iss: hand.irs, text: say(segment, numbers, []) });
    play.check(what, text, say(segment, numbers, mismatches), mismatches.length === 0);
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
  const observed = came ? say(await hand.next(), hand.theirs, []) : NOTHING;
  play.check(what, NOTHING, observed);
}

export async function seen(play: Play, step: Actions['seen']): Promise<void> {
  const ends = play.ends(step);
  const text = play.text(step.packet);
  const by = step.sender === 'kernel' ? "'s kernel" : '';
  const what = { en: `${step.from}${by} sends`, zh: `${HOST_ZH[step.from]}${by === '' ? '' : '内核'}发出` };
  let packet: ReturnType<Play['nextSent']>;
  const find = (): boolean => {
    packet ??= play.nextSent(step.from, ends, ({ sender }) => step.sender === undefined || sender === step.sender);
    return packet !== undefined;
  };
  await play.should(find, step.within);
  if (packet === undefined) {
    play.check(what, text, NOTHING);
    return;
  }
  const { segment } = packet;
  const iss = play.issOf(step.from, ends);
  const numbers = { seqBase: iss, ackBase: play.issOf(ends.self ? step.from : otherHost(step.from), ends) };
  const mismatches = matchSegment(segment, patternOf(text, numbers));
  play.values.setPacket(step.as, { segment, iss, text: say(segment, numbers, []) });
  play.check(what, text, say(segment, numbers, mismatches), mismatches.length === 0);
}

export const NOTHING = 'nothing';
const DEFAULT_MS = 1000;
export const HOST_ZH = { client: '客户端', server: '服务器' } as const;

/** @throws {MissingValue} where it is no packet after all, once its expressions are filled in */
function patternOf(text: string, numbers: SegmentFormat): SegmentPattern {
  const parsed = parseNotation(text, numbers);
  if (!parsed.ok) throw notAPacket(parsed.error);
  const { srcPort, dstPort, flags, seq, payloadLength, ack, window, urgentPointer, options, otherOptions } =
    parsed.value;
  return {
    ...{ flags, seq, payloadLength, otherOptions },
    ...(srcPort !== undefined && { srcPort }),
    ...(dstPort !== undefined && { dstPort }),
    ...(ack !== undefined && { ack }),
    ...(window !== undefined && { window }),
    ...(urgentPointer !== undefined && { urgentPointer }),
    ...(options !== undefined && { options }),
  };
}

/** A segment in notation; window and options only where they are not as expected. */
export function say(segment: TcpSegment, numbers: SegmentFormat, mismatches: readonly Mismatch[]): string {
  const text = formatSegment(segment, numbers);
  const of = (field: string): boolean => mismatches.some(({ path }) => path.startsWith(`tcp.${field}`));
  const withoutOptions = of('options') ? text : text.replace(/ <.*>$/, '');
  return of('window') ? withoutOptions : withoutOptions.replace(/ win \d+/, '');
}
