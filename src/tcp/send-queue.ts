/** The send queue: written bytes from SND.UNA on, found by their offset in the stream. RFC 9293 §3.3.1. */
import { toKeep } from '../wire/bytes.js';

export interface Chunk {
  /** Offset of the chunk's first byte in the stream. */
  readonly at: number;
  readonly data: Uint8Array;
}

/**
 * A value, although versions share one array: a version sees `chunks[first, last)` only, and nothing is ever written
 * where a version can see it. Appending to the newest version pushes; appending to an older one copies.
 */
export interface SendQueue {
  readonly chunks: readonly Chunk[];
  readonly first: number;
  readonly last: number;
  /** Offset of the first byte kept: all before it is acknowledged. */
  readonly start: number;
  /** Offset behind the last byte written. */
  readonly end: number;
}

const NO_BYTES = new Uint8Array(0);

export const emptySendQueue = (): SendQueue => ({ chunks: [], first: 0, last: 0, start: 0, end: 0 });

/** Smaller chunks beside one another are copied together, so that a queue of single bytes takes little more memory than one of blocks. */
const JOINED_BYTES = 4096;

/** The queue with `data` at its end. The bytes must not change until they are acknowledged: what fills its buffer is not copied. */
export function append(queue: SendQueue, data: Uint8Array): SendQueue {
  if (data.length === 0) return queue;
  const end = queue.end + data.length;
  let chunk: Chunk = { at: queue.end, data: toKeep(data) };
  let { last } = queue;
  // As in a binary counter, a chunk joins one that is no longer than itself: each byte is copied a few times at most.
  for (let tail = lastBefore(queue, last); tail !== undefined && joins(tail, chunk); tail = lastBefore(queue, last)) {
    chunk = joined(tail, chunk);
    last -= 1;
  }
  if (last === queue.last && queue.chunks.length === last) {
    (queue.chunks as Chunk[]).push(chunk);
    return { ...queue, last: last + 1, end };
  }
  const chunks = [...queue.chunks.slice(queue.first, last), chunk];
  return { chunks, first: 0, last: chunks.length, start: queue.start, end };
}

const lastBefore = ({ chunks, first }: SendQueue, last: number): Chunk | undefined =>
  last > first ? chunks[last - 1] : undefined;

const joins = (tail: Chunk, { data }: Chunk): boolean =>
  tail.data.length <= data.length && tail.data.length + data.length <= JOINED_BYTES;

function joined(tail: Chunk, { data }: Chunk): Chunk {
  const bytes = new Uint8Array(tail.data.length + data.length);
  bytes.set(tail.data);
  bytes.set(data, tail.data.length);
  return { at: tail.at, data: bytes };
}

/** The queue without the bytes before `offset`. */
export function release(queue: SendQueue, offset: number): SendQueue {
  const start = Math.min(Math.max(offset, queue.start), queue.end);
  if (start === queue.end) return { chunks: [], first: 0, last: 0, start, end: start };
  const first = chunkAt(queue, start);
  if (first * 2 <= queue.last) return { ...queue, first, start };
  // More than half of the array is behind us: let go of it.
  const chunks = queue.chunks.slice(first, queue.last);
  return { chunks, first: 0, last: chunks.length, start, end: queue.end };
}

/** Up to `length` bytes from `offset` on: a view where they lie in one chunk, a copy where they don't. */
export function read(queue: SendQueue, offset: number, length: number): Uint8Array {
  const end = Math.min(offset + length, queue.end);
  if (end <= offset || offset < queue.start) return NO_BYTES;
  let index = chunkAt(queue, offset);
  const chunk = queue.chunks[index];
  if (chunk === undefined) return NO_BYTES;
  if (end <= chunk.at + chunk.data.length) return chunk.data.subarray(offset - chunk.at, end - chunk.at);
  const bytes = new Uint8Array(end - offset);
  for (let at = offset; at < end; index++) {
    const next = queue.chunks[index];
    if (next === undefined) break;
    const part = next.data.subarray(at - next.at, end - next.at);
    bytes.set(part, at - offset);
    at += part.length;
  }
  return bytes;
}

/** The index of the chunk that holds `offset`, by bisection. */
function chunkAt(queue: SendQueue, offset: number): number {
  let low = queue.first;
  let high = queue.last - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const chunk = queue.chunks[middle];
    if (chunk !== undefined && chunk.at <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
