/** The packets of a connection of any length: its beginning, its end, and what changed its state in between. */
import { TcpFlag } from '../wire/index.js';
import type { ObservedPacket } from './packet.js';

export interface PacketRecord<T extends ObservedPacket = ObservedPacket> {
  /** In the order of time. */
  readonly packets: readonly T[];
  readonly leftOut: LeftOut;
}

/** What is not among the packets, so that a report of any connection has an end. */
export interface LeftOut {
  readonly packets: number;
  /** They stood behind so many of those that were kept; a SYN, FIN or RST may be kept from between them. */
  readonly after: number;
  /** How many of them nobody has seen: there was no room to keep them until they were read. Left out: none. */
  readonly lost?: number;
}

export interface Shares {
  /** The handshake, and how the conversation began. */
  readonly first: number;
  /** The close, and what led to it. */
  readonly last: number;
  /** SYN, FIN and RST in between: no more, lest somebody who sends nothing else fills the memory. */
  readonly turns: number;
}

const OF_A_CONNECTION: Shares = { first: 100, last: 100, turns: 20 };

const CHANGES_STATE = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

export class KeptPackets<T extends ObservedPacket = ObservedPacket> {
  readonly #first: T[] = [];
  readonly #turns: T[] = [];
  readonly #last: T[] = [];
  #leftOut = 0;

  constructor(private readonly shares = OF_A_CONNECTION) {}

  add(packet: T): void {
    const { first, last, turns } = this.shares;
    if (this.#first.length < first) {
      this.#first.push(packet);
      return;
    }
    this.#last.push(packet);
    if (this.#last.length <= last) return;
    const passed = this.#last.shift();
    if (passed === undefined) return;
    const isTurn = (passed.segment.flags & CHANGES_STATE) !== 0;
    if (isTurn && this.#turns.length < turns) this.#turns.push(passed);
    else this.#leftOut += 1;
  }

  /** `lost`: how many more there were that nobody has seen. */
  record(lost = 0): PacketRecord<T> {
    const packets = [...this.#first, ...this.#turns, ...this.#last].sort((a, b) => a.at - b.at);
    const leftOut = { packets: this.#leftOut + lost, after: this.#first.length, ...(lost > 0 && { lost }) };
    return { packets, leftOut };
  }
}
