/** How far each direction of a connection made by hand has come: what is sent next, and acknowledged. RFC 9293 §3.3.1. */
import { sequenceEnd } from '../../evidence/packet.js';
import { type Seq, seq, seqGt, seqLe, TcpFlag, type TcpSegment } from '../../wire/index.js';

type Numbered = Pick<TcpSegment, 'flags' | 'seq' | 'payload'>;

/** A RST has a number, and takes none. */
const takesNumbers = ({ flags }: Numbered): boolean => (flags & TcpFlag.RST) === 0;

/** What this side has sent, whether or not it has arrived. */
export class Sent {
  #next: Seq;

  constructor(iss: number) {
    this.#next = seq(iss);
  }

  /** SND.NXT: behind all that was sent. */
  get next(): Seq {
    return this.#next;
  }

  saw(segment: TcpSegment): void {
    const end = sequenceEnd(segment);
    if (takesNumbers(segment) && end !== segment.seq && seqGt(end, this.#next)) this.#next = end;
  }
}

/** What the other side has sent and this one has seen, from its SYN on. */
export class Received {
  #next: Seq | undefined;
  /** What lies behind a gap: by its first number, the one behind it. */
  readonly #beyond = new Map<Seq, Seq>();

  /** RCV.NXT: up to here nothing is missing; undefined as long as no SYN was seen. */
  get next(): Seq | undefined {
    return this.#next;
  }

  saw(segment: TcpSegment): void {
    if (!takesNumbers(segment)) return;
    if ((segment.flags & TcpFlag.SYN) !== 0) this.#next ??= segment.seq;
    const end = sequenceEnd(segment);
    if (this.#next === undefined || !seqGt(end, this.#next)) return;
    const known = this.#beyond.get(segment.seq);
    if (known === undefined || seqGt(end, known)) this.#beyond.set(segment.seq, end);
    this.#closeGaps(this.#next);
  }

  #closeGaps(from: Seq): void {
    let next = from;
    for (let before; before !== next;) {
      before = next;
      for (const [start, end] of this.#beyond) {
        if (!seqLe(start, next)) continue;
        this.#beyond.delete(start);
        if (seqGt(end, next)) next = end;
      }
    }
    this.#next = next;
  }
}
