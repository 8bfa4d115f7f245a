/** The packets of a connection of any length: its beginning, its end, and what changed its state in between. */
import { TcpFlag } from '../wire/index.js';
import type { ObservedPacket } from './packet.js';

export interface PacketRecord {
  /** In the order of time. */
  readonly packets: readonly ObservedPacket[];
  readonly leftOut: LeftOut;
}

/** What is not among the packets, so that a report of any connection has an end. */
export interface LeftOut {
  readonly packets: number;
  /** They stood behind so many of those that were kept; a SYN, FIN or RST may be kept from between them. */
  readonly after: number;
}

/** The handshake, and how the conversation began. */
const FIRST = 100;
/** The close, and what led to it. */
const LAST = 100;
/** SYN, FIN and RST in between: no more, lest somebody who sends nothing else fills the memory. */
const TURNS = 20;

const CHANGES_STATE = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

export class KeptPackets {
  readonly #first: ObservedPacket[] = [];
  readonly #turns: ObservedPacket[] = [];
  readonly #last: ObservedPacket[] = [];
  #leftOut = 0;

  add(packet: ObservedPacket): void {
    if (this.#first.length < FIRST) {
      this.#first.push(packet);
      return;
    }
    this.#last.push(packet);
    if (this.#last.length <= LAST) return;
    const passed = this.#last.shift();
    if (passed === undefined) return;
    const isTurn = (passed.segment.flags & CHANGES_STATE) !== 0;
    if (isTurn && this.#turns.length < TURNS) this.#turns.push(passed);
    else this.#leftOut += 1;
  }

  /** `lost`: how many more there were that nobody has seen. */
  record(lost = 0): PacketRecord {
    const packets = [...this.#first, ...this.#turns, ...this.#last].sort((a, b) => a.at - b.at);
    return { packets, leftOut: { packets: this.#leftOut + lost, after: this.#first.length } };
  }
}
