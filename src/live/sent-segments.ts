/** What a connection says that it sent, until it is seen leaving: rules of this host may change the mark that tells whose a packet is. */
import type { TraceEntry } from '../driver/trace.js';
import { parsePacket, type TcpSegment } from '../wire/index.js';

/** More are under way only where the capture has lost some. */
const MOST = 4096;

export class SentSegments {
  /** Of each kind, whether each was sent before. */
  readonly #unseen = new Map<string, boolean[]>();
  #first: string | undefined;

  /** Whether it is what all began with. */
  isFirst(segment: TcpSegment): boolean {
    return this.#first === keyOf(segment);
  }

  add({ packet, retransmission }: Extract<TraceEntry, { readonly type: 'sent' }>): void {
    const parsed = parsePacket(packet);
    if (!parsed.ok || parsed.value.tcp === undefined) return;
    const key = keyOf(parsed.value.tcp);
    this.#first ??= key;
    const alike = this.#unseen.get(key);
    if (alike === undefined) this.#unseen.set(key, [retransmission]);
    else alike.push(retransmission);
    if (this.#unseen.size <= MOST) return;
    for (const oldest of this.#unseen.keys()) {
      this.#unseen.delete(oldest);
      return;
    }
  }

  /** undefined: this is none of them; each is one once. */
  take(segment: TcpSegment): { readonly retransmission: boolean } | undefined {
    const key = keyOf(segment);
    const alike = this.#unseen.get(key);
    const retransmission = alike?.shift();
    if (alike?.length === 0) this.#unseen.delete(key);
    return retransmission === undefined ? undefined : { retransmission };
  }
}

/** NAT changes addresses, ports and checksum; these it leaves. */
const keyOf = ({ seq, ack, flags, payload }: TcpSegment): string => [seq, ack, flags, payload.length].join(' ');
