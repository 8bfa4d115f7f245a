/** The RSTs that a hand-made connection did not believe: anyone can send one, and a capture shows it like any other. */
import type { TraceEntry } from '../driver/trace.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { parsePacket, TcpFlag, type TcpSegment } from '../wire/index.js';

/** As many as a report shows; the rest have no reason in it. */
const MOST = 1000;

export class IgnoredResets {
  readonly #whys = new Map<string, string>();
  /** What the machine has not yet said anything about. */
  #received: Uint8Array | undefined;

  /** As `onTrace` of the connection. */
  readonly hear = (entry: TraceEntry): void => {
    if (entry.type === 'received') this.#received = entry.packet;
    else if (entry.type === 'state') this.#received = undefined;
    else if (entry.type === 'dropped') {
      const packet = entry.packet ?? this.#received;
      this.#received = undefined;
      if (packet !== undefined) this.#keep(packet, entry.why);
    }
  };

  /** The packet, with the machine's reason where that did not believe it. */
  mark(observed: ObservedPacket): ObservedPacket {
    const ignored = observed.from === 'server' ? this.#whys.get(keyOf(observed.segment)) : undefined;
    return ignored === undefined ? observed : { ...observed, ignored };
  }

  #keep(bytes: Uint8Array, why: string): void {
    if (this.#whys.size >= MOST) return;
    const parsed = parsePacket(bytes);
    if (!parsed.ok || parsed.value.tcp === undefined || (parsed.value.tcp.flags & TcpFlag.RST) === 0) return;
    this.#whys.set(keyOf(parsed.value.tcp), why);
  }
}

const keyOf = ({ seq, ack, flags, checksum }: TcpSegment): string => [seq, ack, flags, checksum].join(' ');
