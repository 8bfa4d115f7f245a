/**
 * Text that the other side has sent and nobody on this host has: what our acknowledgments, as they pass the interface, leave out
 * again and again, be they of the machine or, once it is adopted, of the kernel.
 */
import type { Obstacle } from '../evidence/connection.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import { type Missing, missingBefore, type Tcb } from '../tcp/index.js';
import { type Seq, seqAdd, TcpFlag, type TcpSegment } from '../wire/index.js';
import { seq, seqDiff, seqGt, seqLe } from '../wire/seq.js';
import { MOST_SEEN, obstacleOf, type Seen, seenAs } from './unheard.js';

/** One that was not acknowledged may still be on its way. */
const SURELY_LOST = 2;

/** RFC 7323 §2.3. */
const LARGEST_WINDOW = 65_535 << 14;

type Block = readonly [left: Seq, right: Seq];

export class MissingText {
  /** What our side has acknowledged: all before it, and behind it, newest first, what SACK tells of. RFC 2018. */
  #ack: Seq | undefined;
  #blocks: readonly Block[] = [];
  /** Each time that what is to come next passed the interface since. */
  #seen: Seen[] = [];
  /** The longest of those. */
  #next: TcpSegment | undefined;
  /** Behind the FIN that the other side was seen to send last. */
  #finEnd: Seq | undefined;
  /** Behind all that our side has sent: whoever acknowledges more is not the other side. */
  #sentEnd: Seq | undefined;
  /** Behind the window that our side has offered: nobody takes what begins there. */
  #windowEnd: Seq | undefined;
  #windowScale = 0;
  /** The nearest that passed the interface beyond what is to come next: a gap, where no SACK tells of it. */
  #beyond: { readonly from: Seq; times: number } | undefined;

  /** As `onPacket` of the capture. */
  readonly observe = (packet: ObservedPacket): void => {
    if (packet.from === 'client') this.#acknowledge(packet.segment);
    else this.#arrive(packet);
  };

  /** Of a machine. */
  of(tcb: Tcb): Missing | undefined {
    return missingBefore(tcb) ?? this.#unacknowledged(tcb.rcvNxt);
  }

  /** Of the kernel's socket, whose last acknowledgment is its word. Where it has taken a FIN: what goes on behind that. */
  ofKernel(hasClosed = false): Missing | undefined {
    const next = this.#ack && this.#unacknowledged(this.#ack);
    if (hasClosed) return next?.bytes === 0 ? undefined : next;
    return this.#beforeBlocks() ?? next ?? this.#beforeBeyond();
  }

  /** What stands between the interface and the kernel's socket. */
  obstacle(): Obstacle | undefined {
    return obstacleOf(this.#seen, 1);
  }

  #acknowledge(sent: TcpSegment): void {
    const { ack: number, flags, options, window } = sent;
    const sentEnd = sequenceEnd(sent);
    if (this.#sentEnd === undefined || seqGt(sentEnd, this.#sentEnd)) this.#sentEnd = sentEnd;
    if ((flags & TcpFlag.SYN) !== 0)
      for (const option of options) if (option.kind === 'wscale') this.#windowScale = option.shift;
    if ((flags & (TcpFlag.ACK | TcpFlag.RST)) !== TcpFlag.ACK) return; // a RST tells no blocks
    const ack = seq(number);
    const windowEnd = seqAdd(ack, (flags & TcpFlag.SYN) !== 0 ? window : window << this.#windowScale);
    if (this.#windowEnd === undefined || seqGt(windowEnd, this.#windowEnd)) this.#windowEnd = windowEnd;
    if (this.#ack === undefined || seqGt(ack, this.#ack)) {
      this.#seen = [];
      this.#next = undefined;
      this.#beyond = undefined;
    }
    this.#ack = ack;
    const blocks = options.flatMap((option) => (option.kind === 'sack' ? option.blocks : []));
    this.#blocks = blocks.map(([left, right]): Block => [seq(left), seq(right)]).filter(([left]) => seqGt(left, ack));
  }

  #arrive({ at, packet, segment }: ObservedPacket): void {
    if (!this.#isAcceptable(segment)) return;
    const ack = this.#ack;
    const end = sequenceEnd(segment);
    if ((segment.flags & TcpFlag.FIN) !== 0) this.#finEnd = end;
    if (ack === undefined || !seqGt(end, ack)) return;
    if (seqGt(segment.seq, ack)) {
      this.#passBeyond(segment.seq);
      return;
    }
    if (this.#next === undefined || seqGt(end, sequenceEnd(this.#next))) this.#next = segment;
    if (this.#seen.length < MOST_SEEN) this.#seen.push(seenAs(at, packet, segment));
  }

  /**
   * No TCP takes text of a RST, from beyond the window, or of what acknowledges what was never sent or is too old: RFC 9293 §3.10.7.4,
   * RFC 5961 §5.2. What is damaged was sent, and is missing.
   */
  #isAcceptable({ flags, ack, seq: start }: TcpSegment): boolean {
    if ((flags & (TcpFlag.RST | TcpFlag.ACK)) !== TcpFlag.ACK) return false;
    if (this.#windowEnd !== undefined && seqGt(seq(start), this.#windowEnd)) return false;
    if (this.#sentEnd === undefined) return true;
    const unacknowledged = seqDiff(this.#sentEnd, seq(ack));
    return unacknowledged >= 0 && unacknowledged <= LARGEST_WINDOW;
  }

  #passBeyond(from: Seq): void {
    const known = this.#beyond;
    if (known === undefined || seqGt(known.from, from)) this.#beyond = { from, times: 1 };
    else if (known.from === from) known.times++;
  }

  #beforeBeyond(): Missing | undefined {
    const [ack, beyond] = [this.#ack, this.#beyond];
    if (ack === undefined || beyond === undefined || beyond.times < SURELY_LOST) return undefined;
    return { bytes: seqDiff(beyond.from, ack), fin: this.#finEnd !== undefined && seqGt(this.#finEnd, ack) };
  }

  #unacknowledged(rcvNxt: Seq): Missing | undefined {
    const next = this.#next;
    if (next === undefined || this.#seen.length < SURELY_LOST) return undefined;
    const textEnd = seqAdd(next.seq, next.payload.length);
    const fin = (next.flags & TcpFlag.FIN) !== 0;
    const bytes = Math.max(seqDiff(textEnd, rcvNxt), 0);
    return bytes > 0 || (fin && seqGt(sequenceEnd(next), rcvNxt)) ? { bytes, fin } : undefined;
  }

  #beforeBlocks(): Missing | undefined {
    const [ack, blocks] = [this.#ack, this.#blocks];
    if (ack === undefined || blocks.length === 0) return undefined;
    let [next, bytes] = [ack, 0];
    for (const [left, right] of [...blocks].sort(([one], [other]) => seqDiff(one, other))) {
      bytes += Math.max(seqDiff(left, next), 0);
      if (seqGt(right, next)) next = right;
    }
    const fin = this.#finEnd !== undefined && seqLe(this.#finEnd, next) && seqGt(this.#finEnd, ack);
    return { bytes, fin };
  }
}
