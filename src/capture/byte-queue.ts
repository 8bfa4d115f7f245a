/** Bytes that arrive in chunks of any size and leave in pieces of the size that a format asks for. */

const noBytes = new Uint8Array(0);

/** Views of a Buffer are Buffers, which cost more to make. */
const plain = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, length);

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
    this.#chunks.push(plain(chunk));
    this.#length += chunk.length;
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
