/** The reassembly queue: what arrived beyond RCV.NXT, and the SACK blocks that tell of it. RFC 9293 §3.10.7.4; RFC 2018 §4. */
import { seqAdd, seqDiff, seqGe, seqGt, seqLe, seqLt, type Seq } from '../wire/seq.js';

export interface Piece {
  readonly seq: Seq;
  readonly data: Uint8Array;
}

/** Left edge, right edge (exclusive). */
export type Block = readonly [left: Seq, right: Seq];

export interface Reassembly {
  /** In sequence order, not overlapping; what came first is kept. */
  readonly pieces: readonly Piece[];
  /** What was received beyond a gap, the newest first. */
  readonly blocks: readonly Block[];
}

/** As many blocks as the option space holds: 4 without timestamps. RFC 2018 §3. */
const BLOCKS_KEPT = 4;

export const EMPTY_REASSEMBLY: Reassembly = { pieces: [], blocks: [] };

const endOf = (piece: Piece): Seq => seqAdd(piece.seq, piece.data.length);

/**
 * The queue with the bytes at `seq` in it, or undefined where it would hold more than `maxPieces`.
 * The bytes are copied: they stay long, and the buffer they came in belongs to whoever received it.
 */
export function insert(queue: Reassembly, seq: Seq, data: Uint8Array, maxPieces: number): Reassembly | undefined {
  const pieces: Piece[] = [];
  const right = seqAdd(seq, data.length);
  let next = seq;
  const fill = (until: Seq): void => {
    if (seqLt(next, until))
      pieces.push({ seq: next, data: new Uint8Array(data.subarray(seqDiff(next, seq), seqDiff(until, seq))) });
  };
  for (const piece of queue.pieces) {
    if (seqLt(next, right) && seqGt(endOf(piece), next)) {
      fill(seqLt(piece.seq, right) ? piece.seq : right);
      next = endOf(piece);
    }
    pieces.push(piece);
  }
  fill(right);
  if (pieces.length > maxPieces) return undefined;
  return { pieces, blocks: report(queue.blocks, pieces, seq, right) };
}

/** What now is in order from `rcvNxt` on, where that ends, and the queue without it. */
export function take(
  queue: Reassembly,
  rcvNxt: Seq,
): { readonly data: readonly Uint8Array[]; readonly rcvNxt: Seq; readonly rest: Reassembly } {
  const data: Uint8Array[] = [];
  let next = rcvNxt;
  let taken = 0;
  for (const piece of queue.pieces) {
    if (seqGt(piece.seq, next)) break;
    taken++;
    if (seqLe(endOf(piece), next)) continue;
    data.push(piece.data.subarray(seqDiff(next, piece.seq)));
    next = endOf(piece);
  }
  if (taken === queue.pieces.length) return { data, rcvNxt: next, rest: EMPTY_REASSEMBLY };
  const blocks = queue.blocks.filter(([left]) => seqGt(left, next));
  return { data, rcvNxt: next, rest: { pieces: queue.pieces.slice(taken), blocks } };
}

/** The queue without what stands at `end` or behind it. */
export function cut(queue: Reassembly, end: Seq): Reassembly {
  if (queue.pieces.every((piece) => seqLe(endOf(piece), end))) return queue;
  const pieces = queue.pieces
    .filter((piece) => seqLt(piece.seq, end))
    .map((piece) => ({ seq: piece.seq, data: piece.data.subarray(0, seqDiff(end, piece.seq)) }));
  const blocks = queue.blocks
    .filter(([left]) => seqLt(left, end))
    .map(([left, right]): Block => [left, seqLt(end, right) ? end : right]);
  return { pieces, blocks };
}

/** The blocks with that around the bytes `[seq, right)` first, in place of those that are part of it. RFC 2018 §4. */
function report(blocks: readonly Block[], pieces: readonly Piece[], seq: Seq, right: Seq): readonly Block[] {
  const [from, to] = runAround(pieces, seq, right);
  const others = blocks.filter((other) => seqLt(other[1], from) || seqGt(other[0], to));
  return [[from, to] as const, ...others].slice(0, BLOCKS_KEPT);
}

/** All that is contiguous with what is kept in `[seq, right)`: what borders on a block was not received. RFC 2018 §3. */
function runAround(pieces: readonly Piece[], seq: Seq, right: Seq): Block {
  let [from, to] = [seq, seq];
  for (const piece of pieces) {
    if (piece.seq !== to) {
      if (seqGe(to, right)) break;
      from = piece.seq;
    }
    to = endOf(piece);
  }
  return [from, to];
}
