/** From where the sequence numbers of each connection count, found out as its segments pass. In constant memory. */
import { TcpFlag, type SegmentFormat, type TcpSegment } from '../wire/index.js';
import { endpoint, reverseFlow, type Flow } from '../wire/flow.js';

/** Sides of connections that are kept; the oldest give way. */
const mostSides = 1 << 16;

export class RelativeNumbers {
  /** By side: the number that is shown as 0. */
  readonly #bases = new Map<string, number>();

  /** What the numbers of a segment count from. `scope` parts connections that have nothing to do with each other. */
  of(segment: TcpSegment, flow: Flow, scope: number): SegmentFormat {
    const { flags, seq, ack } = segment;
    const own = side(flow, scope);
    const other = side(reverseFlow(flow), scope);
    const known = this.#bases.get(own);
    if (flags & TcpFlag.SYN) {
      // Another SYN on the same four-tuple is another connection.
      if (known !== undefined && known !== seq) this.#bases.delete(other);
      this.#set(own, seq);
    } else if (known === undefined && (flags & TcpFlag.RST) === 0) {
      this.#set(own, seq - 1); // the SYN was before the capture
    }
    if (flags & TcpFlag.ACK && !this.#bases.has(other)) this.#set(other, ack - 1);
    return { seqBase: this.#bases.get(own) ?? seq, ackBase: this.#bases.get(other) };
  }

  #set(key: string, base: number): void {
    this.#bases.set(key, base >>> 0);
    if (this.#bases.size <= mostSides) return;
    for (const oldest of this.#bases.keys()) {
      this.#bases.delete(oldest);
      return;
    }
  }
}

const side = (flow: Flow, scope: number): string =>
  `${scope} ${endpoint(flow.src, flow.srcPort)} ${endpoint(flow.dst, flow.dstPort)}`;
