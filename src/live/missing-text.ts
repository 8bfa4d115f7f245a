/**
 * Text that the other side has sent and nobody on this host has: what our acknowledgments, as they pass the interface, leave out
 * again and again, be they of the machine or, once it is adopted, of the kernel.
 */
import type { Obstacle } from '../evidence/connection.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import { type Missing, missingBefore, type Tcb } from '../tcp/index.js';
import { type Seq, seqAdd, TcpFlag, type TcpSegment } from '../wire/index.js';
import { seq, seqDiff, seqGt, seqLe } from '../wire/seq.js';
import { Acceptance } from './acceptance.js';
import { MOST_SEEN, obstacleOf, type Seen, seenAs } from './unheard.js';

/** One that was not acknowledged may still be on its way. */
const SURELY_LOST = 2;

/** How the kernel's socket has ended: it has taken a FIN; nothing came or went for as long as one waits; or it has died. */
export type KernelEnd = 'closed' | 'silent' | 'dead';

interface Beyond {
  times: number;
  /** Our side has acknowledged something since, and not this. */
  isLeftOut: boolean;
}

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
  readonly #acceptance = new Acceptance();
  /** Where what passed the interface beyond what is to come next begins, and how often it came: a gap, where no SACK tells of it. */
  readonly #beyond = new Map<Seq, Beyond>();

  /** As `onPacket` of the capture. */
  readonly observe = (packet: ObservedPacket): void => {
    if (packet.from === 'client') this.#acknowledge(packet.segment);
    else this.#arrive(packet);
  };

  /** Of a machine. */
  of(tcb: Tcb): Missing | undefined {
    return missingBefore(tcb) ?? this.#unacknowledged(tcb.rcvNxt);
  }

  /** Of the kernel's socket, whose last acknowledgment is its word. */
  ofKernel(end: KernelEnd): Missing | undefined {
    const next = this.#ack && this.#unacknowledged(this.#ack);
    if (end === 'closed') return next?.bytes === 0 ? undefined : next;
    return this.#beforeBlocks() ?? next ?? this.#beforeBeyond(end === 'silent');
  }

  /** Of a kernel's socket that was read to its end, `readBytes` after the SYN numbered `irs`: what it has acknowledged and not given. */
  unread(irs: Seq, readBytes: number): Missing | undefined {
    const bytes = this.#ack === undefined ? 0 : seqDiff(seqAdd(this.#ack, -1), seqAdd(irs, 1 + readBytes)); // the FIN
    return bytes > 0 ? { bytes, fin: false } : undefined;
  }

  /** What stands between the interface and the kernel's socket. */
  obstacle(): Obstacle | undefined {
    return obstacleOf(this.#seen, 1);
  }

  #acknowledge(sent: TcpSegment): void {
    this.#acceptance.sent(sent);
    const { ack: number, flags, options } = sent;
    if ((flags & (TcpFlag.ACK | TcpFlag.RST)) !== TcpFlag.ACK) return; // a RST tells no blocks
    const ack = seq(number);
    if (this.#ack === undefined || seqGt(ack, this.#ack)) {
      this.#seen = [];
      this.#next = undefined;
    }
    for (const [from, beyond] of this.#beyond) {
      if (seqLe(from, ack)) this.#beyond.delete(from);
      else beyond.isLeftOut = true;
    }
    this.#ack = ack;
    const blocks = options.flatMap((option) => (option.kind === 'sack' ? option.blocks : []));
    this.#blocks = blocks.map(([left, right]): Block => [seq(left), seq(right)]).filter(([left]) => seqGt(left, ack));
  }

  #arrive({ at, packet, segment }: ObservedPacket): void {
    const seen = seenAs(at, packet, segment);
    // What is damaged was sent, and is missing.
    if (!this.#acceptance.takes(segment, !seen.isDamaged)) return;
    const ack = this.#ack;
    const end = sequenceEnd(segment);
    if ((segment.flags & TcpFlag.FIN) !== 0) this.#finEnd = end;
    if (ack === undefined || !seqGt(end, ack)) return;
    if (seqGt(segment.seq, ack)) {
      this.#passBeyond(segment.seq);
      return;
    }
    if (this.#next === undefined || seqGt(end, sequenceEnd(this.#next))) this.#next = segment;
    if (this.#seen.length < MOST_SEEN) this.#seen.push(seen);
  }

  #passBeyond(from: Seq): void {
    const known = this.#beyond.get(from);
    if (known !== undefined) known.times += 1;
    else if (this.#beyond.size < MOST_SEEN) this.#beyond.set(from, { times: 1, isLeftOut: false });
  }

  /** Whoever has waited takes the kernel's word at once: it answers what comes behind a gap without delay. RFC 5681 §4.2. */
  #beforeBeyond(hasWaited: boolean): Missing | undefined {
    const ack = this.#ack;
    if (ack === undefined) return undefined;
    const gaps = [...this.#beyond].flatMap(([from, { times, isLeftOut }]) =>
      times >= SURELY_LOST || (hasWaited && isLeftOut) ? seqDiff(from, ack) : [],
    );
    if (gaps.length === 0) return undefined;
    return { bytes: Math.min(...gaps), fin: this.#finEnd !== undefined && seqGt(this.#finEnd, ack) };
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
