/**
 * Which segments of the other side a TCP in our place takes, by what passed the interface: anybody can send others. RFC 9293 §3.10.7.4;
 * RFC 5961 §5.2; RFC 7323 §5.3. What our side has sent is its own word: the window, the newest timestamp, what there is to acknowledge.
 */
import { sequenceEnd } from '../evidence/packet.js';
import { type Seq, seqAdd, TcpFlag, type TcpOption, type TcpSegment } from '../wire/index.js';
import { seq, seqGe, seqGt, seqLe, seqLt } from '../wire/seq.js';

/** RFC 7323 §2.3. */
const MOST_SHIFT = 14;

export class Acceptance {
  /** SND.UNA, SND.NXT and MAX.SND.WND. */
  #sndUna: Seq | undefined;
  #sndNxt = seq(0);
  #maxSndWnd = 0;
  /** Our last acknowledgment, and behind the window that was ever offered. */
  #rcvNxt: Seq | undefined;
  #windowEnd = seq(0);
  /** undefined: none is known. Linux echoes 0 then, as after TCP_REPAIR. */
  #tsRecent: number | undefined;
  /** By what the SYNs say; both count, or neither. RFC 7323 §2.2. */
  #ourShift: Shift = 'unseen';
  #theirShift: Shift = 'unseen';

  /** Of our side; a RST may answer what is nobody's, by numbers that somebody has made up. */
  sent(segment: TcpSegment): void {
    const { seq: start, ack, flags, options, window } = segment;
    if ((flags & TcpFlag.RST) !== 0) return;
    const end = sequenceEnd(segment);
    if (this.#sndUna === undefined || seqGt(end, this.#sndNxt)) this.#sndNxt = end;
    const isSyn = (flags & TcpFlag.SYN) !== 0;
    this.#sndUna ??= isSyn ? seqAdd(seq(start), 1) : seq(start);
    if (isSyn) this.#ourShift = shiftOf(options);
    if ((flags & TcpFlag.ACK) === 0) return;
    const windowEnd = seqAdd(seq(ack), window * 2 ** this.#scale(flags, this.#ourShift));
    if (this.#rcvNxt === undefined || seqGt(windowEnd, this.#windowEnd)) this.#windowEnd = windowEnd;
    this.#rcvNxt = seq(ack);
    const echo = timestampsOf(options)?.echo;
    this.#tsRecent = echo === 0 ? undefined : echo;
  }

  /** Whether it would be taken, were it not damaged. One that is not `isSound` says nothing of the other side. */
  takes(segment: TcpSegment, isSound: boolean): boolean {
    const { flags, ack, seq: start, window, options } = segment;
    if ((flags & TcpFlag.RST) !== 0) return false;
    const isOpening = this.#rcvNxt === undefined;
    const isSyn = (flags & TcpFlag.SYN) !== 0;
    if ((flags & TcpFlag.ACK) === 0) {
      if (isSyn && isOpening && isSound) this.#theirShift = shiftOf(options); // the SYNs have crossed
      return false;
    }
    const isTaken =
      isSyn === isOpening && this.#isTimely(options) && this.#isInWindow(start) && this.#acknowledges(ack);
    if (isTaken && isSound && (this.#rcvNxt === undefined || seqGe(sequenceEnd(segment), this.#rcvNxt))) {
      if (isSyn) this.#theirShift = shiftOf(options);
      if (this.#sndUna === undefined || seqGt(seq(ack), this.#sndUna)) this.#sndUna = seq(ack);
      this.#maxSndWnd = Math.max(this.#maxSndWnd, window * 2 ** this.#scale(flags, this.#theirShift));
    }
    return isTaken;
  }

  /** The largest that it may be: what was not seen is not to make a stranger of the other side. */
  #scale(flags: number, shift: Shift): number {
    const areScaled = (flags & TcpFlag.SYN) === 0 && this.#ourShift !== 'none' && this.#theirShift !== 'none';
    if (!areScaled || shift === 'none') return 0;
    return shift === 'unseen' ? MOST_SHIFT : shift;
  }

  /** PAWS. One without timestamps is taken where they were agreed on, too: tcp_fast_parse_options(). */
  #isTimely(options: readonly TcpOption[]): boolean {
    const value = timestampsOf(options)?.value;
    return value === undefined || this.#tsRecent === undefined || !seqLt(seq(value), seq(this.#tsRecent));
  }

  #isInWindow(start: number): boolean {
    return this.#rcvNxt === undefined || !seqGt(seq(start), this.#windowEnd);
  }

  /** What was sent, and is not older than any window. */
  #acknowledges(number: number): boolean {
    const [ack, una] = [seq(number), this.#sndUna];
    return una !== undefined && seqLe(ack, this.#sndNxt) && seqGe(ack, seqAdd(una, -this.#maxSndWnd));
  }
}

/** `unseen`: the capture has not the SYN that would say it. */
type Shift = number | 'none' | 'unseen';

/** The last one counts, as to the kernel. */
function shiftOf(options: readonly TcpOption[]): Shift {
  let shift: Shift = 'none';
  for (const option of options) if (option.kind === 'wscale') shift = Math.min(option.shift, MOST_SHIFT);
  return shift;
}

function timestampsOf(options: readonly TcpOption[]): (TcpOption & { readonly kind: 'timestamps' }) | undefined {
  for (const option of options) if (option.kind === 'timestamps') return option;
  return undefined;
}
