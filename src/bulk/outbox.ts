/**
 * Frames on their way out: for each kind of frame a row of copies that differ in address, port and numbers alone, in the
 * memory of one sendmmsg(2). Sending one means to patch a copy and its checksums (RFC 1624) and to name it in the call.
 */
import { addressOf } from '../linux/libc/libc.js';
import { fold, halves } from '../wire/checksum.js';
import { emitFrame, type TcpInit } from '../wire/index.js';

/** `data` is the payload alone, `fin` the FIN with the payload before it, if there is one. */
export const FRAME_KINDS = ['syn', 'ack', 'data', 'fin', 'rst'] as const;
export const SYN = 0;
export const ACK = 1;
export const DATA = 2;
export const FIN = 3;
export const RST = 4;

const FLAGS: Readonly<Record<(typeof FRAME_KINDS)[number], string>> = {
  syn: 'S',
  ack: '.',
  data: 'P.',
  fin: 'F.',
  rst: 'R',
};

/** Between whom the frames go; the source address is patched in. */
export interface Route {
  readonly srcMac: string;
  readonly dstMac: string;
  readonly dst: string;
  readonly dstPort: number;
}

// struct mmsghdr: msg_iov, msg_iovlen; struct iovec: address, length
const HEADER_BYTES = 64;
const MESSAGE_IOVEC = 16;
const MESSAGE_IOVECS = 24;
const IOVEC_BYTES = 16;

const ETHERNET_BYTES = 14;
/** Of a SYN with one option. */
const LONGEST_HEADERS = 58;
const WINDOW = 64240;
/** A frame starts two bytes behind a multiple of four, so that the fields behind its 14-byte Ethernet header are aligned. */
const PADDING = 2;

export class Outbox {
  readonly memory: ArrayBuffer;
  readonly #view: DataView;
  readonly #headers: Uint32Array;
  /** By kind and copy: where its iovec is, as two halves. */
  readonly #iovecLow: Uint32Array;
  readonly #iovecHigh: Uint32Array;
  readonly #dataAt: number;
  readonly #stride: number;
  /** By kind: the sums of what does not change. */
  readonly #ipSum = new Uint32Array(FRAME_KINDS.length);
  readonly #tcpSum = new Uint32Array(FRAME_KINDS.length);
  readonly #frameBytes = new Uint32Array(FRAME_KINDS.length);
  /** By kind: how many copies wait. */
  readonly #used = new Uint32Array(FRAME_KINDS.length);
  /** By message: which copy it is. */
  readonly #copy: Uint32Array;
  #length = 0;

  /** Holds `capacity` frames, of whatever kinds. */
  constructor(
    route: Route,
    payload: Uint8Array,
    readonly capacity: number,
  ) {
    const copies = FRAME_KINDS.length * capacity;
    const iovecsAt = HEADER_BYTES * capacity;
    this.#dataAt = iovecsAt + IOVEC_BYTES * copies;
    this.#stride = 64 * Math.ceil((PADDING + LONGEST_HEADERS + payload.length) / 64);
    this.memory = new ArrayBuffer(this.#dataAt + this.#stride * copies);
    this.#view = new DataView(this.memory);
    this.#headers = new Uint32Array(this.memory, 0, (HEADER_BYTES / 4) * capacity);
    this.#iovecLow = new Uint32Array(copies);
    this.#iovecHigh = new Uint32Array(copies);
    this.#copy = new Uint32Array(capacity);
    FRAME_KINDS.forEach((kind, number) => {
      this.#fill(number, frameOf(kind, route, payload), iovecsAt);
    });
    for (let i = 0; i < capacity; i++) this.#view.setBigUint64(HEADER_BYTES * i + MESSAGE_IOVECS, 1n, true);
  }

  #fill(kind: number, frame: Uint8Array, iovecsAt: number): void {
    const base = addressOf(this.memory);
    const fields = new DataView(frame.buffer, frame.byteOffset);
    // With all that is patched in being 0, the checksum is that of the rest.
    this.#ipSum[kind] = ~fields.getUint16(ETHERNET_BYTES + 10) & 0xffff;
    this.#tcpSum[kind] = ~fields.getUint16(ETHERNET_BYTES + 36) & 0xffff;
    this.#frameBytes[kind] = frame.length;
    for (let i = 0; i < this.capacity; i++) {
      const copy = kind * this.capacity + i;
      const iovec = iovecsAt + IOVEC_BYTES * copy;
      const data = this.#frameAt(copy);
      new Uint8Array(this.memory).set(frame, data);
      this.#view.setBigUint64(iovec, base + BigInt(data), true);
      this.#view.setBigUint64(iovec + 8, BigInt(frame.length), true);
      const address = base + BigInt(iovec);
      this.#iovecLow[copy] = Number(address & 0xffffffffn);
      this.#iovecHigh[copy] = Number(address >> 32n);
    }
  }

  #frameAt(copy: number): number {
    return this.#dataAt + this.#stride * copy + PADDING;
  }

  /** How many frames wait. */
  get length(): number {
    return this.#length;
  }

  /** How many more fit. */
  get room(): number {
    return this.capacity - this.#length;
  }

  /** Adds one frame, for which there must be room; `src` is the address as an unsigned number. */
  add(kind: number, src: number, srcPort: number, seq: number, ack: number): void {
    const used = this.#used[kind] ?? 0;
    this.#used[kind] = used + 1;
    const copy = kind * this.capacity + used;
    const message = this.#length++;
    this.#copy[message] = copy;
    const header = (HEADER_BYTES / 4) * message + MESSAGE_IOVEC / 4;
    this.#headers[header] = this.#iovecLow[copy] ?? 0;
    this.#headers[header + 1] = this.#iovecHigh[copy] ?? 0;

    const at = this.#frameAt(copy);
    const view = this.#view;
    const source = halves(src);
    view.setUint32(at + 26, src);
    view.setUint16(at + 24, ~fold((this.#ipSum[kind] ?? 0) + source) & 0xffff);
    view.setUint16(at + 34, srcPort);
    view.setUint32(at + 38, seq);
    view.setUint32(at + 42, ack);
    const sum = (this.#tcpSum[kind] ?? 0) + source + srcPort + halves(seq) + halves(ack);
    view.setUint16(at + 50, ~fold(sum) & 0xffff);
  }

  /** The memory from message `first` on, as sendmmsg(2) wants it. */
  from(first: number): Uint8Array {
    return new Uint8Array(this.memory, HEADER_BYTES * first);
  }

  /** The frames that wait, each as a view. */
  frames(): Uint8Array[] {
    return Array.from(this.#copy.subarray(0, this.#length), (copy) => {
      const bytes = this.#frameBytes[Math.floor(copy / this.capacity)] ?? 0;
      return new Uint8Array(this.memory, this.#frameAt(copy), bytes);
    });
  }

  clear(): void {
    this.#length = 0;
    this.#used.fill(0);
  }
}

/** With 0 for all that is patched in. */
function frameOf(kind: (typeof FRAME_KINDS)[number], route: Route, payload: Uint8Array): Uint8Array {
  const tcp: TcpInit = {
    srcPort: 0,
    dstPort: route.dstPort,
    flags: FLAGS[kind],
    window: kind === 'rst' ? 0 : WINDOW,
    ...(kind === 'syn' && { options: [{ kind: 'mss', mss: 1460 }] }),
    ...((kind === 'data' || kind === 'fin') && { payload }),
  };
  return emitFrame({
    link: { kind: 'ethernet', src: route.srcMac, dst: route.dstMac },
    packet: { ip: { version: 4, src: '0.0.0.0', dst: route.dst }, tcp },
  });
}
