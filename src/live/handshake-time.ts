/**
 * How long a handshake took: from the first SYN to the ACK that completed it, as they passed the interface. Which that was the
 * connection tells; where a capture has not seen them, it is the time at which they were given to the kernel.
 */
import type { TraceEntry } from '../driver/trace.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { Millis } from '../tcp/types.js';
import { parsePacket, type TcpSegment } from '../wire/index.js';

interface Sent {
  readonly at: Millis;
  readonly key: string;
  passedAt?: Millis;
}

export class HandshakeTime {
  #syn: Sent | undefined;
  #ack: Sent | undefined;
  #isComplete = false;

  /** As `onTrace` of the connection. */
  readonly hear = (entry: TraceEntry): void => {
    if (entry.type === 'state') this.#isComplete ||= entry.to === 'ESTABLISHED';
    if (entry.type !== 'sent' || this.#ack !== undefined) return;
    const parsed = parsePacket(entry.packet);
    if (!parsed.ok || parsed.value.tcp === undefined) return;
    const sent = { at: entry.at, key: keyOf(parsed.value.tcp) };
    this.#syn ??= sent;
    if (this.#isComplete) this.#ack = sent;
  };

  /** As `onPacket` of the capture. */
  readonly observe = ({ at, sender, segment }: ObservedPacket): void => {
    if (sender !== 'rawshake') return;
    for (const sent of [this.#syn, this.#ack]) if (sent?.key === keyOf(segment)) sent.passedAt ??= at;
  };

  /** Whether it was completed later than something that passed the interface then. */
  isAfter(at: Millis | undefined): boolean {
    return at !== undefined && at < (this.#ack?.passedAt ?? this.#ack?.at ?? Infinity);
  }

  /** undefined: it was not completed. */
  get ms(): number | undefined {
    const [syn, ack] = [this.#syn, this.#ack];
    if (syn === undefined || ack === undefined) return undefined;
    return syn.passedAt === undefined || ack.passedAt === undefined ? ack.at - syn.at : ack.passedAt - syn.passedAt;
  }
}

/** NAT leaves these as they are. */
const keyOf = ({ seq, ack, flags }: TcpSegment): string => [seq, ack, flags].join(' ');
