/**
 * Whether a smaller segment got through where larger ones, sent again and again, did not: that may be the path, RFC 4821 §7.7.
 * Where as large a one got through before, or the smaller one was lost as well, it is rather that nothing got through.
 */
import type { TraceEntry } from '../driver/trace.js';
import { parsePacket, type Seq, seqAdd, TcpFlag } from '../wire/index.js';
import { seq, seqGt, seqLe } from '../wire/seq.js';

/** What the options of a segment take of its room at most. RFC 9293 §3.1. */
const OPTIONS_BYTES = 40;

export class SizesTried {
  /** The segments under way, none of which was sent again. */
  #underWay: { readonly end: Seq; readonly bytes: number }[] = [];
  /** The longest that was acknowledged. */
  #carried = 0;
  /** How the first that is missing was sent again since the last acknowledgment: by its length how many times. */
  #again = new Map<number, number>();
  #start: Seq | undefined;
  /** The length of the smaller segment that got through. */
  #helped: number | undefined;

  /** As `onTrace` of the connection. */
  hear(entry: TraceEntry): void {
    if (entry.type !== 'sent' && entry.type !== 'received') return;
    const parsed = parsePacket(entry.packet);
    if (!parsed.ok || parsed.value.tcp === undefined) return;
    const { seq: first, ack, flags, payload } = parsed.value.tcp;
    if (entry.type === 'received') {
      if ((flags & (TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.ACK) this.#acknowledge(seq(ack));
    } else if (payload.length > 0) {
      if (entry.retransmission) this.#repeat(first, payload.length);
      else this.#underWay.push({ end: seqAdd(first, payload.length), bytes: payload.length });
    }
  }

  /** Whether segments of this size are such. */
  hasHelped(sendMss: number): boolean {
    return this.#helped !== undefined && this.#helped <= sendMss && this.#helped > sendMss - OPTIONS_BYTES;
  }

  #repeat(first: Seq, bytes: number): void {
    this.#underWay = [];
    this.#start ??= first;
    if (first === this.#start) this.#again.set(bytes, (this.#again.get(bytes) ?? 0) + 1);
  }

  #acknowledge(ack: Seq): void {
    for (let [next] = this.#underWay; next !== undefined && seqLe(next.end, ack); [next] = this.#underWay) {
      this.#carried = Math.max(this.#carried, next.bytes);
      this.#underWay.shift();
    }
    if (this.#start === undefined || !seqGt(ack, this.#start)) return;
    const [least, most] = [Math.min(...this.#again.keys()), Math.max(...this.#again.keys())];
    if (least < most && most > this.#carried && this.#again.get(least) === 1) this.#helped = this.#carried = least;
    this.#start = undefined;
    this.#again.clear();
  }
}
