/** The RSTs that a hand-made connection did not believe: anyone can send one, and a capture shows it like any other. */
import type { TraceEntry } from '../driver/trace.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { parsePacket, TcpFlag, type TcpSegment } from '../wire/index.js';

/** As many as a report shows; the rest have no reason in it. */
const MOST = 1000;

/** RSTs that say the same: of the checksum, NAT between interface and socket makes another. One that is believed ends the connection, so it comes behind those that were not. */
interface Same {
  ignored: number;
  why: string;
  observed: number;
}

export class IgnoredResets {
  readonly #alike = new Map<string, Same>();
  /** Where each stands among those that are the same, from 0. */
  readonly #places = new WeakMap<ObservedPacket, number>();
  /** What the machine has not yet said anything about. */
  #received: Uint8Array | undefined;

  /** As `onTrace` of the connection. */
  readonly hear = (entry: TraceEntry): void => {
    if (entry.type === 'received') this.#received = entry.packet;
    else if (entry.type === 'state') this.#received = undefined;
    else if (entry.type === 'dropped') {
      const packet = entry.packet ?? this.#received;
      this.#received = undefined;
      if (packet !== undefined) this.#ignore(packet, entry.why);
    }
  };

  /** As `onPacket` of the capture: every packet, also those that the evidence will leave out. */
  readonly observe = (packet: ObservedPacket): void => {
    const same = packet.from === 'server' ? this.#same(packet.segment) : undefined;
    if (same !== undefined) this.#places.set(packet, same.observed++);
  };

  /** An observed packet, with the machine's reason where that did not believe it. */
  mark(packet: ObservedPacket): ObservedPacket {
    const place = this.#places.get(packet);
    const same = place === undefined ? undefined : this.#same(packet.segment);
    if (place === undefined || same === undefined || place >= same.ignored) return packet;
    return { ...packet, ignored: same.why };
  }

  #ignore(bytes: Uint8Array, why: string): void {
    const parsed = parsePacket(bytes);
    const same = parsed.ok && parsed.value.tcp !== undefined ? this.#same(parsed.value.tcp) : undefined;
    if (same === undefined) return;
    same.ignored += 1;
    same.why = why;
  }

  /** undefined: it is no RST, or there are too many already. */
  #same({ seq, ack, flags }: TcpSegment): Same | undefined {
    if ((flags & TcpFlag.RST) === 0) return undefined;
    const key = [seq, ack, flags].join(' ');
    let same = this.#alike.get(key);
    if (same === undefined && this.#alike.size < MOST) {
      same = { ignored: 0, why: '', observed: 0 };
      this.#alike.set(key, same);
    }
    return same;
  }
}
