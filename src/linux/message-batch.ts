/** Many packets with one system call: the mmsghdr arrays of recvmmsg(2) and sendmmsg(2), their buffers kept alive as long. */
import { addressOf, libc, libcNonBlocking, SystemCallError } from './libc.js';
import { MSG_DONTWAIT } from './constants.js';

// struct mmsghdr on 64-bit Linux: name, namelen, iov, iovlen, control, controllen, flags, then the length carried.
const HEADER_BYTES = 64;
const NAME_LENGTH = 8;
const CONTROL_LENGTH = 40;
const RECEIVED_LENGTH = 56;
const IOVEC_BYTES = 16;
const NAME_BYTES = 32;

/** One received message; its parts are views that the next `receive` overwrites. */
export interface ReceivedMessage {
  readonly data: Uint8Array;
  /** The sender's address as the kernel filled it in (sockaddr_ll, sockaddr_in6, …). */
  readonly name: DataView;
  /** Ancillary data: cmsghdr records. */
  readonly control: DataView;
}

export class MessageBatch {
  readonly #headers: ArrayBuffer;
  readonly #view: DataView;
  /** Named by address inside `#headers`, so they must live as long as it does. */
  readonly #parts: readonly { data: ArrayBuffer; name: ArrayBuffer; control: ArrayBuffer; iovec: ArrayBuffer }[];

  constructor(
    readonly count: number,
    dataBytes: number,
    readonly controlBytes: number,
  ) {
    this.#headers = new ArrayBuffer(HEADER_BYTES * count);
    this.#view = new DataView(this.#headers);
    this.#parts = Array.from({ length: count }, (_, i) => {
      const part = {
        data: new ArrayBuffer(dataBytes),
        name: new ArrayBuffer(NAME_BYTES),
        control: new ArrayBuffer(controlBytes),
        iovec: new ArrayBuffer(IOVEC_BYTES),
      };
      const iovec = new DataView(part.iovec);
      iovec.setBigUint64(0, addressOf(part.data), true);
      iovec.setBigUint64(8, BigInt(dataBytes), true);
      const at = HEADER_BYTES * i;
      this.#view.setBigUint64(at, addressOf(part.name), true);
      this.#view.setBigUint64(at + 16, addressOf(part.iovec), true);
      this.#view.setBigUint64(at + 24, 1n, true);
      this.#view.setBigUint64(at + 32, addressOf(part.control), true);
      return part;
    });
  }

  /** Reads what waits on `fd`, up to `count` messages, without blocking. */
  receive(fd: number): ReceivedMessage[] {
    for (let i = 0; i < this.count; i++) {
      this.#view.setUint32(HEADER_BYTES * i + NAME_LENGTH, NAME_BYTES, true);
      this.#view.setBigUint64(HEADER_BYTES * i + CONTROL_LENGTH, BigInt(this.controlBytes), true);
    }
    const received = libcNonBlocking('recvmmsg', fd, this.#headers, this.count, MSG_DONTWAIT, null) ?? 0;
    return this.#parts.slice(0, received).map((part, i) => {
      const at = HEADER_BYTES * i;
      const controlLength = Number(this.#view.getBigUint64(at + CONTROL_LENGTH, true));
      return {
        data: new Uint8Array(part.data, 0, this.#view.getUint32(at + RECEIVED_LENGTH, true)),
        name: new DataView(part.name),
        control: new DataView(part.control, 0, Math.min(controlLength, this.controlBytes)),
      };
    });
  }
}

/** Collects messages for whatever a socket is bound or connected to, and sends them together. */
export class SendBatch {
  readonly #headers: ArrayBuffer;
  readonly #view: DataView;
  /** Named by address inside `#headers`, so they must live as long as it does. */
  readonly #parts: readonly { data: Uint8Array; iovec: DataView }[];
  #length = 0;

  constructor(
    readonly count: number,
    readonly dataBytes: number,
  ) {
    this.#headers = new ArrayBuffer(HEADER_BYTES * count);
    this.#view = new DataView(this.#headers);
    this.#parts = Array.from({ length: count }, (_, i) => {
      const [data, iovec] = [new ArrayBuffer(dataBytes), new ArrayBuffer(IOVEC_BYTES)];
      const part = { data: new Uint8Array(data), iovec: new DataView(iovec) };
      part.iovec.setBigUint64(0, addressOf(data), true);
      this.#view.setBigUint64(HEADER_BYTES * i + 16, addressOf(iovec), true);
      this.#view.setBigUint64(HEADER_BYTES * i + 24, 1n, true);
      return part;
    });
  }

  /** How many messages wait; at most `count`. */
  get length(): number {
    return this.#length;
  }

  /** Copies one message, given in parts; false where the batch is full, or the message longer than `dataBytes`. */
  add(...message: readonly Uint8Array[]): boolean {
    const part = this.#parts[this.#length];
    const bytes = message.reduce((sum, { length }) => sum + length, 0);
    if (part === undefined || bytes > this.dataBytes) return false;
    let at = 0;
    for (const piece of message) {
      part.data.set(piece, at);
      at += piece.length;
    }
    part.iovec.setBigUint64(8, BigInt(bytes), true);
    this.#length++;
    return true;
  }

  /** Sends all that wait, in order. A message that the kernel refuses does not keep back those behind it; returns the whys. */
  send(fd: number): SystemCallError[] {
    const failures: SystemCallError[] = [];
    const length = this.#length;
    this.#length = 0;
    // The call stops at a message that fails, and tells why only when that is the first.
    for (let sent = 0; sent < length;) {
      const rest = new Uint8Array(this.#headers, HEADER_BYTES * sent);
      try {
        sent += libc('sendmmsg', fd, rest, length - sent, 0);
      } catch (error) {
        if (!(error instanceof SystemCallError)) throw error;
        failures.push(error);
        sent++;
      }
    }
    return failures;
  }
}
