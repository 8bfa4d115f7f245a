/** What the names in a case stand for so far: its variables, counters, observations and named packets. */
import { formatOption, type TcpSegment } from '../wire/index.js';
import { MissingValue, type Value } from './expression.js';

export interface NamedPacket {
  readonly segment: TcpSegment;
  /** Its sender's initial sequence number; undefined where no SYN was seen. */
  readonly iss: number | undefined;
  /** In notation, relative to both initial sequence numbers. */
  readonly text: string;
}

export class Values {
  readonly #values: Map<string, Value>;
  readonly #packets = new Map<string, NamedPacket>();

  constructor(given: Readonly<Record<string, Value>>) {
    this.#values = new Map(Object.entries(given));
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  setPacket(name: string | undefined, packet: NamedPacket): void {
    if (name !== undefined) this.#packets.set(name, packet);
  }

  /** Undefined where there is none yet. */
  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  /**
   * `port`, `synack.seq`.
   * @throws {MissingValue}
   */
  of(name: string): Value {
    const [head = '', field] = name.split('.');
    if (field === undefined) {
      const value = this.#values.get(head);
      if (value === undefined) throw new MissingValue({ en: `${head} has no value`, zh: `${head} 没有值` });
      return value;
    }
    const packet = this.#packets.get(head);
    if (packet === undefined) throw new MissingValue({ en: `there is no packet ${head}`, zh: `没有收到报文 ${head}` });
    return packetField(head, packet, field);
  }
}

function packetField(name: string, { segment, iss, text }: NamedPacket, field: string): Value {
  switch (field) {
    case 'seq':
    case 'ack':
    case 'window':
      return segment[field];
    case 'iss':
      if (iss === undefined)
        throw new MissingValue({ en: `the sender of ${name} has sent no SYN`, zh: `${name} 的发送方没有发过 SYN` });
      return iss;
    case 'length':
      return segment.payload.length;
    case 'port':
      return segment.srcPort;
    case 'flags':
      return text.split(' ')[0] ?? '';
    case 'text':
      return text;
    case 'options':
      return `<${segment.options.map((option) => formatOption(option)).join(',')}>`;
  }
  throw new MissingValue({ en: `${name} has no ${field}`, zh: `${name} 没有 ${field}` });
}
