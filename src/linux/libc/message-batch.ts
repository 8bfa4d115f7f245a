/** Many packets with one system call: the mmsghdr arrays of recvmmsg(2) and sendmmsg(2), in memory that lives as long. */
import { addressOf, libc, libcNonBlocking, SystemCallError } from './libc.js';
import { MSG_DONTWAIT } from './constants.js';

// struct mmsghdr on 64-bit Linux: name, namelen, iov, iovlen, control, controllen, flags, then the length carried.
const HEADER_BYTES = 64;
const NAME_LENGTH = 8;
const CONTROL_LENGTH = 40;
const CARRIED_LENGTH = 56;
const IOVEC_BYTES = 16;
const IOVEC_LENGTH = 8;
const NAME_BYTES = 32;

interface Sizes {
  readonly count: number;
  readonly dataBytes: number;
  readonly nameBytes: number;
  readonly controlBytes: number;
}

/**
 * The headers and all that they name by address, in one piece: a piece each would take milliseconds to make. What is
 * never used of it takes no memory.
 */
class MessageMemory {
  readonly memory: ArrayBuffer;
  readonly view: DataView;
  readonly #iovecs: number;
  readonly #names: number;
  readonly #controls: number;
  readonly #data: number;

  constructor(readonly sizes: Sizes) {
    const { count, dataBytes, nameBytes, controlBytes } = sizes;
    this.#iovecs = HEADER_BYTES * count;
    this.#names = this.#iovecs + IOVEC_BYTES * count;
    this.#controls = this.#names + nameBytes * count;
    this.#data = this.#controls + controlBytes * count;
    this.memory = new ArrayBuffer(this.#data + dataBytes * count);
    this.view = new DataView(this.memory);
    const base = addressOf(this.memory);
    const point = (at: number, to: number) => {
      this.view.setBigUint64(at, base + BigInt(to), true);
    };
    for (let i = 0; i < count; i++) {
      const header = HEADER_BYTES * i;
      const iovec = this.#iovecs + IOVEC_BYTES * i;
      if (nameBytes > 0) point(header, this.#names + nameBytes * i);
      point(header + 16, iovec);
      this.view.setBigUint64(header + 24, 1n, true);
      if (controlBytes > 0) point(header + 32, this.#controls + controlBytes * i);
      point(iovec, this.#data + dataBytes * i);
      this.setDataLength(i, dataBytes);
    }
  }

  setDataLength(i: number, bytes: number): void {
    this.view.setBigUint64(this.#iovecs + IOVEC_BYTES * i + IOVEC_LENGTH, BigInt(bytes), true);
  }

  dataLength(i: number): number {
    return Number(this.view.getBigUint64(this.#iovecs + IOVEC_BYTES * i + IOVEC_LENGTH, true));
  }

  data(i: number, length: number): Uint8Array {
    return new Uint8Array(this.memory, this.#data + this.sizes.dataBytes * i, length);
  }

  name(i: number): DataView {
    return new DataView(this.memory, this.#names + this.sizes.nameBytes * i, this.sizes.nameBytes);
  }

  control(i: number, length: number): DataView {
    return new DataView(this.memory, this.#controls + this.sizes.controlBytes * i, length);
  }
}

/** One received message; its parts are views that the next `receive` overwrites. */
export interface ReceivedMessage {
  readonly data: Uint8Array;
  /** The sender's address as the kernel filled it in (sockaddr_ll, sockaddr_in6, …). */
  readonly name: DataView;
  /** Ancillary data: cmsghdr records. */
  readonly control: DataView;
}

export class MessageBatch {
  readonly #messages: MessageMemory;

  /** `controlBytes` is a multiple of 8. */
  constructor(
    readonly count: number,
    dataBytes: number,
    readonly controlBytes: number,
  ) {
    this.#messages = new MessageMemory({ count, dataBytes, controlBytes, nameBytes: NAME_BYTES });
  }

  /** Reads what waits on `fd`, up to `most` messages, without blocking; of an interface that is down, nothing. */
  receive(fd: number, most = this.count): ReceivedMessage[] {
    const { memory, view, sizes } = this.#messages;
    const { dataBytes } = sizes;
    for (let i = 0; i < most; i++) {
      view.setUint32(HEADER_BYTES * i + NAME_LENGTH, NAME_BYTES, true);
      view.setBigUint64(HEADER_BYTES * i + CONTROL_LENGTH, BigInt(this.controlBytes), true);
    }
    const received = unlessDown(() => libcNonBlocking('recvmmsg', fd, memory, most, MSG_DONTWAIT, null)) ?? 0;
    return Array.from({ length: received }, (_, i) => {
      const controlLength = Number(view.getBigUint64(HEADER_BYTES * i + CONTROL_LENGTH, true));
      return {
        data: this.#messages.data(i, Math.min(view.getUint32(HEADER_BYTES * i + CARRIED_LENGTH, true), dataBytes)),
        name: this.#messages.name(i),
        control: this.#messages.control(i, Math.min(controlLength, this.controlBytes)),
      };
    });
  }
}

/** A packet socket says once that its interface went down; it may come up again. packet(7). */
function unlessDown<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ENETDOWN') return undefined;
    throw error;
  }
}

/** A message that the kernel would not send, and why. */
export interface UnsentMessage {
  readonly error: SystemCallError;
  readonly bytes: Uint8Array;
}

/** Collects messages for whatever a socket is bound or connected to, and sends them together. */
export class SendBatch {
  readonly #messages: MessageMemory;
  #length = 0;

  constructor(
    readonly count: number,
    readonly dataBytes: number,
  ) {
    this.#messages = new MessageMemory({ count, dataBytes, nameBytes: 0, controlBytes: 0 });
  }

  /** How many messages wait; at most `count`. */
  get length(): number {
    return this.#length;
  }

  /** Copies one message, given in parts; false where the batch is full, or the message longer than `dataBytes`. */
  add(...message: readonly Uint8Array[]): boolean {
    const bytes = message.reduce((sum, { length }) => sum + length, 0);
    if (this.#length === this.count || bytes > this.dataBytes) return false;
    const data = this.#messages.data(this.#length, bytes);
    let at = 0;
    for (const piece of message) {
      data.set(piece, at);
      at += piece.length;
    }
    this.#messages.setDataLength(this.#length, bytes);
    this.#length++;
    return true;
  }

  /** Sends all that wait, in order. A message that the kernel refuses does not keep back those behind it; returns those. */
  send(fd: number): UnsentMessage[] {
    const failures: UnsentMessage[] = [];
    const length = this.#length;
    this.#length = 0;
    // The call stops at a message that fails, and tells why only when that is the first.
    for (let sent = 0; sent < length;) {
      const rest = new Uint8Array(this.#messages.memory, HEADER_BYTES * sent);
      try {
        sent += libc('sendmmsg', fd, rest, length - sent, 0);
      } catch (error) {
        if (!(error instanceof SystemCallError)) throw error;
        failures.push({ error, bytes: this.#messages.data(sent, this.#messages.dataLength(sent)).slice() });
        sent++;
      }
    }
    return failures;
  }
}
