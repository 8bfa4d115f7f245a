/** Bytes that have arrived and that no reader has asked for yet. */
import { toKeep } from '../wire/bytes.js';

/** What is small is copied into blocks of this size: segments of one byte each are not to cost a hundred. */
const BLOCK_BYTES = 4096;

interface Block {
  readonly bytes: Uint8Array;
  filled: number;
}

/** It never holds more bytes than RCV.WND has offered, and takes little more memory than that. */
export class ReceiveBuffer {
  readonly #blocks: Block[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Large data is kept as it is, and must not change; of a small part of a large packet only the part is kept. */
  add(data: Uint8Array): void {
    this.#length += data.length;
    if (data.length >= BLOCK_BYTES / 4) {
      this.#blocks.push({ bytes: toKeep(data), filled: data.length });
      return;
    }
    let tail = this.#blocks.at(-1);
    if (tail === undefined || tail.bytes.length - tail.filled < data.length) {
      tail = { bytes: new Uint8Array(BLOCK_BYTES), filled: 0 };
      this.#blocks.push(tail);
    }
    tail.bytes.set(data, tail.filled);
    tail.filled += data.length;
  }

  /** The next bytes, as many as lie together, and `most` of them; undefined where there are none. */
  take(most = Infinity): Uint8Array | undefined {
    const block = this.#blocks[0];
    if (block === undefined) return undefined;
    const { bytes, filled } = block;
    const taken = Math.min(filled, most);
    if (taken === filled) this.#blocks.shift();
    else this.#blocks[0] = { bytes: bytes.subarray(taken), filled: filled - taken };
    this.#length -= taken;
    return bytes.subarray(0, taken);
  }
}
