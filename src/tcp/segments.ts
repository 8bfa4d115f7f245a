/** Segments read and answered without a connection: SEG.LEN, flags, and the reset. RFC 9293 §3.4, §3.5.2 and §3.10.7.1. */
import { seq, seqAdd, type Seq } from '../wire/seq.js';
import { TcpFlag } from '../wire/tcp.js';
import type { TcpOption } from '../wire/tcp-options.js';
import type { IncomingSegment, OutgoingSegment } from './types.js';

export const { FIN, SYN, RST, PSH, ACK } = TcpFlag;

export const NO_PAYLOAD = new Uint8Array(0);
const NO_OPTIONS: readonly TcpOption[] = [];

export const has = (segment: { readonly flags: number }, flag: number): boolean => (segment.flags & flag) !== 0;

/** SEG.LEN: bytes, SYN and FIN. RFC 9293 §3.4. */
export const segLen = (segment: IncomingSegment): number =>
  segment.payload.length + (has(segment, SYN) ? 1 : 0) + (has(segment, FIN) ? 1 : 0);

/** The RST for a segment that no connection owns; none answers a RST. RFC 9293 §3.10.7.1. */
export function resetFor(segment: IncomingSegment): OutgoingSegment | undefined {
  if (has(segment, RST)) return undefined;
  return has(segment, ACK)
    ? reset(segment.ack, seq(0), RST)
    : reset(seq(0), seqAdd(segment.seq, segLen(segment)), RST | ACK);
}

const reset = (seqNumber: Seq, ack: Seq, flags: number): OutgoingSegment => ({
  seq: seqNumber,
  ack,
  flags,
  window: 0,
  options: NO_OPTIONS,
  payload: NO_PAYLOAD,
});
