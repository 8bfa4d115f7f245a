/** Many packets with one system call: the mmsghdr array of recvmmsg(2), its buffers kept alive as long as the batch. */
import { addressOf, libcNonBlocking } from './libc.js';
import { MSG_DONTWAIT } from './constants.js';

// struct mmsghdr on 64-bit Linux: name, namelen, iov, iovlen, control, controllen, flags, then the received length.
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
