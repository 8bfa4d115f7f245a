/** The TCP segment: header, options, payload. RFC 9293 §3.1. */
import type { Seq } from './seq.js';
import type { TcpOption } from './tcp-options.js';

/** The control bits, as they stand in header bytes 12 (AE) and 13. RFC 9293 §3.1; AE: RFC 9768. */
export const TcpFlag = {
  FIN: 0x001,
  SYN: 0x002,
  RST: 0x004,
  PSH: 0x008,
  ACK: 0x010,
  URG: 0x020,
  ECE: 0x040,
  CWR: 0x080,
  AE: 0x100,
} as const;

/** What a segment is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface TcpInit {
  readonly srcPort?: number;
  readonly dstPort?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** Header length in 32-bit words. */
  readonly dataOffset?: number;
  /** The three bits between data offset and AE. */
  readonly reserved?: number;
  /** A mask of `TcpFlag`, or packetdrill's letters (`'S.'`). */
  readonly flags?: number | string;
  /** The window field as it stands in the header: not scaled. */
  readonly window?: number;
  readonly checksum?: number;
  readonly urgentPointer?: number;
  readonly options?: readonly TcpOption[];
  readonly payload?: Uint8Array;
}

/** A segment as it was seen. */
export interface TcpSegment {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq: Seq;
  readonly ack: Seq;
  readonly dataOffset: number;
  readonly reserved: number;
  /** A mask of `TcpFlag`. */
  readonly flags: number;
  readonly window: number;
  readonly checksum: number;
  /** Whether the checksum fits the bytes and the pseudo header. */
  readonly checksumOk: boolean;
  readonly urgentPointer: number;
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
}
