/** The TCP segment: header, options, payload. RFC 9293 §3.1. */
import { put16, put32, putBytes, u16, u32, view } from './bytes.js';
import { checksum, halves, sumsToZero } from './checksum.js';
import { badLength, fits, fits32, truncated, type WireError } from './error.js';
import { TCP } from './layout.js';
import { err, ok, type Result } from './result.js';
import { seq, type Seq } from './seq.js';
import { parseFlags } from './tcp-flags.js';
import { readTcpOptions, tcpOptionsLength, writeTcpOptions, type TcpOption } from './tcp-options.js';

export { TcpFlag } from './tcp-flags.js';

/** What a segment is to be: a field left out is computed, a field given is emitted as it is, even if wrong. */
export interface TcpInit {
  /** 0 where left out. */
  readonly srcPort?: number;
  /** 0 where left out. */
  readonly dstPort?: number;
  /** Sequence number of the first byte (of SYN, where set). 0 where left out. */
  readonly seq?: number;
  /** Next sequence number expected. 0 where left out. */
  readonly ack?: number;
  /** Header length in 32-bit words. */
  readonly dataOffset?: number;
  /** The three bits between data offset and AE. */
  readonly reserved?: number;
  /** A mask of `TcpFlag`, or packetdrill's letters (`'S.'`). None where left out. */
  readonly flags?: number | string;
  /** The window field as it stands in the header: not scaled. 65535 where left out. */
  readonly window?: number;
  readonly checksum?: number;
  readonly urgentPointer?: number;
  /** In this order; padded with zeros to whole 32-bit words. */
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
  /** Whether the checksum fits the bytes and the pseudo header. True as well where the packet was cut or is a fragment: nothing speaks against it. */
  readonly checksumOk: boolean;
  readonly urgentPointer: number;
  readonly options: readonly TcpOption[];
  readonly payload: Uint8Array;
}

/** What is left of a TCP header that was cut: ICMP errors quote at least 8 bytes. RFC 792. */
export interface TcpStart {
  readonly srcPort: number;
  readonly dstPort: number;
  /** Absent where fewer than 8 bytes are left. */
  readonly seq?: Seq;
}

/** The IP protocol number of TCP. */
export const tcpProtocol = 6;

/** Header length without options, in bytes. */
const baseBytes = TCP.end;

const headerBytes = (init: TcpInit): number =>
  init.options === undefined ? baseBytes : (baseBytes + tcpOptionsLength(init.options) + 3) & ~3;

/** The bytes that a segment takes. */
export const tcpLength = (init: TcpInit): number =>
  init.payload === undefined ? headerBytes(init) : headerBytes(init) + init.payload.length;

const flagMask = (flags: number | string | undefined): number => {
  if (flags === undefined) return 0;
  return typeof flags === 'string' ? parseFlags(flags) : fits('tcp.flags', flags, 9);
};

/**
 * Writes a segment at `at`, up to `end`. The checksum, where it is left out, covers `pseudoSum` and all up to `end`;
 * what stands behind the segment's own bytes is there already, and zeros everywhere else. Throws `WireInputError`.
 */
export const writeTcp = (out: Uint8Array, at: number, end: number, init: TcpInit, pseudoSum: number): void => {
  const srcPort = init.srcPort === undefined ? 0 : fits('tcp.srcPort', init.srcPort, 16);
  const dstPort = init.dstPort === undefined ? 0 : fits('tcp.dstPort', init.dstPort, 16);
  const seq = init.seq === undefined ? 0 : fits32('tcp.seq', init.seq);
  const ack = init.ack === undefined ? 0 : fits32('tcp.ack', init.ack);
  const reserved = init.reserved === undefined ? 0 : fits('tcp.reserved', init.reserved, 3);
  const window = init.window === undefined ? 0xffff : fits('tcp.window', init.window, 16);
  const urgent = init.urgentPointer === undefined ? 0 : fits('tcp.urgentPointer', init.urgentPointer, 16);
  const mask = flagMask(init.flags);
  const behind = at + baseBytes;
  const next = init.options === undefined ? behind : at + ((writeTcpOptions(out, behind, init.options) - at + 3) & ~3);
  const words = fits('tcp.dataOffset', init.dataOffset ?? (next - at) >>> 2, 4);
  const control = (words << 12) | (reserved << 9) | mask;
  if (init.payload !== undefined) putBytes(out, next, init.payload);

  put16(out, at + TCP.srcPort, srcPort);
  put16(out, at + TCP.dstPort, dstPort);
  put32(out, at + TCP.seq, seq);
  put32(out, at + TCP.ack, ack);
  put16(out, at + TCP.control, control);
  put16(out, at + TCP.window, window);
  put16(out, at + TCP.urgentPointer, urgent);
  if (init.checksum !== undefined) {
    put16(out, at + TCP.checksum, fits('tcp.checksum', init.checksum, 16));
    return;
  }
  // The fields are at hand: only what stands behind them has to be read again.
  const fields = srcPort + dstPort + halves(seq) + halves(ack) + control + window + urgent;
  put16(out, at + TCP.checksum, checksum(out, behind, end, pseudoSum + fields));
};

/**
 * Reads the segment in `bytes[start, end)`. `pseudoSum`: the pseudo header's sum, or undefined where the checksum
 * cannot be known, since the packet was cut or is a fragment.
 */
export const readTcp = (
  bytes: Uint8Array,
  start: number,
  end: number,
  pseudoSum: number | undefined,
): Result<TcpSegment, WireError> => {
  const have = end - start;
  if (have < baseBytes) return err(truncated('tcp', start, baseBytes, have));
  const control = u16(bytes, start + TCP.control);
  const header = (control >>> 12) * 4;
  if (header < baseBytes) return badLength('tcp', start, 'data offset', baseBytes, header);
  if (header > have) return err(truncated('tcp', start, header, have));
  const srcPort = u16(bytes, start + TCP.srcPort);
  const dstPort = u16(bytes, start + TCP.dstPort);
  const seq = u32(bytes, start + TCP.seq) as Seq;
  const ack = u32(bytes, start + TCP.ack) as Seq;
  const window = u16(bytes, start + TCP.window);
  const sum = u16(bytes, start + TCP.checksum);
  const urgentPointer = u16(bytes, start + TCP.urgentPointer);
  const fields = srcPort + dstPort + halves(seq) + halves(ack) + control + window + sum + urgentPointer;
  const behind = start + baseBytes;
  return ok({
    srcPort,
    dstPort,
    seq,
    ack,
    dataOffset: control >>> 12,
    reserved: (control >>> 9) & 7,
    flags: control & 0x1ff,
    window,
    checksum: sum,
    checksumOk: pseudoSum === undefined || sumsToZero(bytes, behind, end, pseudoSum + fields),
    urgentPointer,
    options: readTcpOptions(bytes, behind, start + header),
    payload: view(bytes, start + header, end),
  });
};

/** Reads what is left of a header in `bytes[start, end)`; undefined where not even the ports are. */
export const readTcpStart = (bytes: Uint8Array, start: number, end: number): TcpStart | undefined => {
  if (end - start < TCP.seq) return undefined;
  const ports = { srcPort: u16(bytes, start + TCP.srcPort), dstPort: u16(bytes, start + TCP.dstPort) };
  return end - start < TCP.ack ? ports : { ...ports, seq: seq(u32(bytes, start + TCP.seq)) };
};

/** A segment as bytes, its checksum over a pseudo header of sum `pseudoSum` (see `pseudoHeaderSum`). Throws `WireInputError`. */
export const emitTcp = (init: TcpInit, pseudoSum = 0): Uint8Array => {
  const out = new Uint8Array(tcpLength(init));
  writeTcp(out, 0, out.length, init, pseudoSum);
  return out;
};

/** A segment from bytes; `checksumOk` is judged only where the pseudo header's sum is given. */
export const parseTcp = (bytes: Uint8Array, pseudoSum?: number): Result<TcpSegment, WireError> =>
  readTcp(bytes, 0, bytes.length, pseudoSum);

/** Sequence numbers that a segment takes: its payload, one for SYN, one for FIN. RFC 9293 §3.4. */
export const segmentLength = (segment: Pick<TcpSegment, 'flags' | 'payload'>): number =>
  segment.payload.length + ((segment.flags >>> 1) & 1) + (segment.flags & 1);
