/** Bytes that arrive in chunks of any size and leave in pieces of the size that a format asks for. */
import { toKeep } from '../wire/bytes.js';

const noBytes = new Uint8Array(0);

/** Views of a Buffer are Buffers, which cost more to make. */
const plain = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, length);

/** Smaller chunks beside one another are copied together: as many bytes take the same memory, however they arrive. */
const JOINED_BYTES = 4096;

export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are gone already. */
  #gone = 0;
  #length = 0;
  #offset = 0;
  #ended = false;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that have been taken. */
  get offset(): number {
    return this.#offset;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#length += chunk.length;
    let last = plain(toKeep(chunk));
    // As in a binary counter, a chunk joins one that is no longer than itself: each byte is copied a few times at most.
    for (let tail = this.#tail(); tail !== undefined && joins(tail, last); tail = this.#tail()) {
      last = plain(Buffer.concat([tail, last]));
      this.#chunks.pop();
    }
    this.#chunks.push(last);
  }

  /** Nothing more will arrive. */
  end(): void {
    this.#ended = true;
  }

  /** The next `count` bytes, still waiting; undefined where the end comes before. Yields while they have not arrived. */
  *peek(count: number): Generator<undefined, Uint8Array | undefined, undefined> {
    while (this.#length < count && !this.#ended) yield undefined;
    return this.#length < count ? undefined : this.#view(count);
  }

  /** The next `count` bytes, taken; undefined, and nothing taken, where the end comes before. */
  *take(count: number): Generator<undefined, Uint8Array | undefined, undefined> {
    const bytes = yield* this.peek(count);
    if (bytes !== undefined) this.#drop(count);
    return bytes;
  }

  /** The last chunk, where none of it is gone yet. */
  #tail(): Uint8Array | undefined {
    return this.#chunks.length > 1 || this.#gone === 0 ? this.#chunks.at(-1) : undefined;
  }

  #view(count: number): Uint8Array {
    const first = this.#chunks[0] ?? noBytes;
    if (first.length - this.#gone >= count) return first.subarray(this.#gone, this.#gone + count);
    const joined = [first.subarray(this.#gone)];
    let length = first.length - this.#gone;
    for (; length < count; length += this.#chunks[joined.length - 1]?.length ?? 0)
      joined.push(this.#chunks[joined.length] ?? noBytes);
    this.#chunks.splice(0, joined.length, plain(Buffer.concat(joined)));
    this.#gone = 0;
    return this.#view(count);
  }

  #drop(count: number): void {
    this.#gone += count;
    this.#length -= count;
    this.#offset += count;
    if (this.#gone < (this.#chunks[0]?.length ?? 0)) return;
    this.#chunks.shift();
    this.#gone = 0;
  }
}

const joins = (tail: Uint8Array, { length }: Uint8Array): boolean =>
  tail.length <= length && tail.length + length <= JOINED_BYTES;
