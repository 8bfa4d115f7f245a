/** What a connection says that it sent, until it is seen leaving: rules of this host may change the mark that tells whose a packet is. */
import { parsePacket, type TcpSegment } from '../wire/index.js';

/** More are under way only where the capture has lost some. */
const MOST = 4096;

export class SentSegments {
  /** How many of each kind. */
  readonly #unseen = new Map<string, number>();
  #first: string | undefined;

  /** Whether it is what all began with. */
  isFirst(segment: TcpSegment): boolean {
    return this.#first === keyOf(segment);
  }

  add(packet: Uint8Array): void {
    const parsed = parsePacket(packet);
    if (!parsed.ok || parsed.value.tcp === undefined) return;
    const key = keyOf(parsed.value.tcp);
    this.#first ??= key;
    this.#unseen.set(key, (this.#unseen.get(key) ?? 0) + 1);
    if (this.#unseen.size <= MOST) return;
    for (const oldest of this.#unseen.keys()) {
      this.#unseen.delete(oldest);
      return;
    }
  }

  /** Whether this is one of them, each once. */
  take(segment: TcpSegment): boolean {
    const key = keyOf(segment);
    const count = this.#unseen.get(key) ?? 0;
    if (count > 1) this.#unseen.set(key, count - 1);
    else this.#unseen.delete(key);
    return count > 0;
  }
}

/** NAT changes addresses, ports and checksum; these it leaves. */
const keyOf = ({ seq, ack, flags, payload }: TcpSegment): string => [seq, ack, flags, payload.length].join(' ');
