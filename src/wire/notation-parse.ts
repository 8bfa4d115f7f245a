/** Packetdrill's packet text, read: TCP packets with all that its grammar lets them say. */
import { addressVersion } from './address.js';
import { err, ok, type Result } from './result.js';
import { expect, fail, integer, take, word, type Cursor, type NotationError } from './notation-cursor.js';
import { readOptionList } from './notation-options.js';
import type { SegmentFormat } from './notation-format.js';
import { flagsFromLetters, TcpFlag } from './tcp-flags.js';
import type { TcpOption } from './tcp-options.js';
import type { TcpInit } from './tcp.js';

/** A packet as its text says it; what the text leaves out is left out here. */
export interface Notation {
  /** `<`: towards the machine under test; `>`: away from it. */
  readonly direction?: '<' | '>';
  readonly version?: 4 | 6;
  readonly src?: string;
  readonly dst?: string;
  /** The ECN field: one of these. RFC 3168 §5. */
  readonly ecn?: readonly number[];
  /** The whole TOS or traffic class byte. */
  readonly tos?: number;
  readonly flowLabel?: number;
  /** TTL or hop limit. */
  readonly ttl?: number;
  readonly srcPort?: number;
  readonly dstPort?: number;
  /** A mask of `TcpFlag`. */
  readonly flags: number;
  /** Absolute, where a base was given to count from. */
  readonly seq: number;
  readonly payloadLength: number;
  readonly ack?: number;
  readonly window?: number;
  readonly urgentPointer?: number;
  /** Left out where the text says `<...>`: any. Empty where it says nothing. */
  readonly options?: readonly TcpOption[];
  /** `<mss 1460,...>`: others may stand between these, before and behind them. */
  readonly otherOptions?: true;
}

/** As `Notation`, where the sequence numbers may be left out too: for whoever sends it to fill in, or any. */
export type PartialNotation = Omit<Notation, 'seq' | 'payloadLength'> &
  Partial<Pick<Notation, 'seq' | 'payloadLength'>>;

type Draft = { -readonly [Key in keyof PartialNotation]: PartialNotation[Key] };

const ecnOf: Readonly<Record<string, readonly number[]>> = { noecn: [0], ect1: [1], ect0: [2], ect01: [1, 2], ce: [3] };

/** `ipv4 A > B:` or `ipv6 A > B:`. Packetdrill takes it for an outer header; here it names the packet's own addresses. */
const readAddresses = (cursor: Cursor, draft: Draft): void => {
  const family = take(cursor, /ipv[46]\b/y);
  if (family === undefined) return;
  const version = family === 'ipv4' ? 4 : 6;
  const address = (): string => {
    const at = cursor.at;
    const text = take(cursor, /[0-9a-fA-F.:]*[0-9a-fA-F:]/y) ?? '';
    // The colon that ends the prefix is no part of the address.
    const trimmed = addressVersion(text) === undefined && text.endsWith(':') ? text.slice(0, -1) : text;
    cursor.at -= text.length - trimmed.length;
    if (addressVersion(trimmed) !== version)
      fail(cursor, `expected an IPv${version} address`, `应为 IPv${version} 地址`, at);
    return trimmed;
  };
  draft.version = version;
  draft.src = address();
  expect(cursor, '>');
  draft.dst = address();
  expect(cursor, ':');
};

/** `[ect0]`, `[tos 0x10, flowlabel 0x12345]`, `(ttl 3)`. */
const readIpInfo = (cursor: Cursor, draft: Draft): void => {
  const open = take(cursor, /[[(]/y);
  if (open === undefined) return;
  do {
    const at = cursor.at;
    const name = take(cursor, /[a-z0-9]+/y) ?? '';
    const ecn = ecnOf[name];
    if (ecn !== undefined) draft.ecn = ecn;
    else if (name === 'tos') draft.tos = integer(cursor, 'tos', 8);
    else if (name === 'flowlabel') draft.flowLabel = integer(cursor, 'flowlabel', 20);
    else if (name === 'ttl') draft.ttl = integer(cursor, 'ttl', 8);
    else
      fail(
        cursor,
        'expected noecn, ect0, ect1, ect01, ce, tos, flowlabel or ttl',
        '应为 noecn、ect0、ect1、ect01、ce、tos、flowlabel 或 ttl',
        at,
      );
  } while (cursor.error === undefined && take(cursor, /,/y) !== undefined);
  expect(cursor, open === '[' ? ']' : ')');
};

const readPorts = (cursor: Cursor, draft: Draft): void => {
  // A sequence number never stands here: flags come first.
  if (take(cursor, /(?=\d+\s*>)/y) === undefined) return;
  draft.srcPort = integer(cursor, 'source port', 16);
  expect(cursor, '>');
  draft.dstPort = integer(cursor, 'destination port', 16);
};

/** Letters, or `-` for none; behind ACK's dot a digit for the three ECN bits as a counter (AccECN, RFC 9768 §3.2.1). */
const readFlags = (cursor: Cursor): number => {
  const at = cursor.at;
  const text = take(cursor, /-|[A-Z.]+[0-7]?|[0-7]\b(?!\s*:)/y);
  const [, letters = '', counter] = /^([A-Z.]*)-?([0-7])?$/.exec(text ?? '') ?? [];
  const mask = flagsFromLetters(letters);
  if (text === undefined || mask === undefined) {
    fail(
      cursor,
      'expected TCP flags: letters out of F S R P . U E W A, or - (the dot is ACK)',
      '应为 TCP 标志：F S R P . U E W A 中的字母，或 -（点是 ACK）',
      at,
    );
    return 0;
  }
  const ace = Number(counter ?? 0);
  return mask | (ace & 4 ? TcpFlag.AE : 0) | (ace & 2 ? TcpFlag.CWR : 0) | (ace & 1 ? TcpFlag.ECE : 0);
};

/** `START:END(LENGTH)`. */
const readNumbers = (cursor: Cursor, draft: Draft, base: number): void => {
  const start = integer(cursor, 'sequence number', 32);
  expect(cursor, ':');
  const at = cursor.at;
  const end = integer(cursor, 'end sequence number', 32);
  expect(cursor, '(');
  const length = integer(cursor, 'payload length', 16);
  expect(cursor, ')');
  const last = (start + length) >>> 0;
  if (last !== end)
    fail(cursor, `${start} + ${length} bytes ends at ${last}`, `${start} 加 ${length} 字节止于 ${last}`, at);
  draft.seq = (start + base) >>> 0;
  draft.payloadLength = length;
};

/** Reads all of a packet into `draft`. */
const readPacket = <D extends Draft>(
  draft: D,
  text: string,
  { seqBase = 0, ackBase = 0 }: SegmentFormat,
  hasNumbers: (cursor: Cursor) => boolean,
): Result<D, NotationError> => {
  const cursor: Cursor = { text, at: 0, error: undefined };
  const direction = take(cursor, /[<>]/y);
  if (direction === '<' || direction === '>') draft.direction = direction;
  readAddresses(cursor, draft);
  readIpInfo(cursor, draft);
  readPorts(cursor, draft);
  draft.flags = readFlags(cursor);
  if (hasNumbers(cursor)) readNumbers(cursor, draft, seqBase);
  if (word(cursor, 'ack')) draft.ack = (integer(cursor, 'ack', 32) + ackBase) >>> 0;
  if (word(cursor, 'win')) draft.window = integer(cursor, 'win', 16);
  if (word(cursor, 'urg')) draft.urgentPointer = integer(cursor, 'urg', 16);
  Object.assign(draft, readOptionList(cursor, ackBase));
  if (take(cursor, /$/y) === undefined)
    fail(
      cursor,
      'expected ack, win, urg, <options> or the end, in this order',
      '应依次为 ack、win、urg、<选项> 或结尾',
      cursor.at,
    );
  return cursor.error === undefined ? ok(draft) : err(cursor.error);
};

/** A packet from packetdrill's text; relative numbers become absolute with the bases of `format`. Never throws. */
export const parseNotation = (text: string, format: SegmentFormat = {}): Result<Notation, NotationError> =>
  readPacket({ flags: 0, seq: 0, payloadLength: 0 }, text, format, () => true);

/** As `parseNotation`, of a packet that may leave out `START:END(LENGTH)`: `.`, `P. ack 6`. Never throws. */
export const parsePartialNotation = (
  text: string,
  format: SegmentFormat = {},
): Result<PartialNotation, NotationError> =>
  readPacket<Draft>({ flags: 0 }, text, format, (cursor) => take(cursor, /(?=\d)/y) !== undefined);

/** What a notation says of the segment, as an init: a payload is zeros, and `...` among the options stands for none. */
export const segmentOf = (notation: PartialNotation): TcpInit => {
  const { srcPort, dstPort, flags, seq, ack, window, urgentPointer, options, payloadLength = 0 } = notation;
  return {
    flags,
    ...(seq === undefined ? {} : { seq }),
    ...(srcPort === undefined ? {} : { srcPort }),
    ...(dstPort === undefined ? {} : { dstPort }),
    ...(ack === undefined ? {} : { ack }),
    ...(window === undefined ? {} : { window }),
    ...(urgentPointer === undefined ? {} : { urgentPointer }),
    ...(options === undefined ? {} : { options }),
    ...(payloadLength === 0 ? {} : { payload: new Uint8Array(payloadLength) }),
  };
};

/** A segment to build from packetdrill's text: `S 0:0(0) win 64240 <mss 1460>`. Never throws. */
export const parseSegment = (text: string, format: SegmentFormat = {}): Result<TcpInit, NotationError> => {
  const notation = parseNotation(text, format);
  return notation.ok ? ok(segmentOf(notation.value)) : notation;
};
