/** ICMP and ICMPv6: echo, and errors with the packet they are about. RFC 792; RFC 4443; next-hop MTU: RFC 1191 §4. */
import { noBytes, put16, put32, putBytes, u16, u32, u8, view } from './bytes.js';
import { checksum, sumsToZero } from './checksum.js';
import { fits, fits32, truncated, type WireError } from './error.js';
import { ICMP } from './layout.js';
import { ndpLength, ndpType, readNdp, writeNdp, type NdpMessage } from './ndp.js';
import type {
  Common,
  Echo,
  IcmpInit,
  IcmpMessage,
  Icmpv6Init,
  Icmpv6Message,
  Other,
  ReadQuoted,
  Seen,
} from './packet-types.js';
import { err, ok, type Result } from './result.js';

/** The IP protocol number of ICMP. */
export const icmpProtocol = 1;
/** The next-header number of ICMPv6. */
export const icmpv6Protocol = 58;

type EchoKind = 'echoRequest' | 'echoReply';
type ErrorKind = 'unreachable' | 'redirect' | 'timeExceeded' | 'parameterProblem';
type ErrorKindv6 = 'unreachable' | 'packetTooBig' | 'timeExceeded' | 'parameterProblem';

/** RFC 792. */
const icmpType: Readonly<Record<EchoKind | ErrorKind, number>> = {
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
};

/** RFC 4443. */
const icmpv6Type: Readonly<Record<EchoKind | ErrorKindv6, number>> = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
};

const byType = <Kind extends string>(types: Readonly<Record<Kind, number>>): ReadonlyMap<number, Kind> =>
  new Map((Object.keys(types) as Kind[]).map((kind) => [types[kind], kind]));

const icmpKind = byType(icmpType);
const icmpv6Kind = byType(icmpv6Type);

const isNdp = (init: IcmpInit | Icmpv6Init): init is Common & NdpMessage => 'options' in init;

const isEcho = (kind: string): kind is EchoKind => kind === 'echoRequest' || kind === 'echoReply';

/** The bytes that a message takes. */
export const icmpLength = (init: IcmpInit | Icmpv6Init): number =>
  isNdp(init) ? ndpLength(init) : ICMP.end + (init.payload?.length ?? 0);

const writeMessage = (
  out: Uint8Array,
  at: number,
  end: number,
  type: number,
  init: IcmpInit | Icmpv6Init,
  pseudoSum: number,
): void => {
  out[at + ICMP.type] = fits('icmp.type', type, 8);
  out[at + ICMP.code] = fits('icmp.code', init.code ?? 0, 8);
  if (isNdp(init)) {
    writeNdp(out, at, init);
  } else {
    if (init.kind === 'echoRequest' || init.kind === 'echoReply') {
      put16(out, at + ICMP.rest, fits('icmp.id', init.id, 16));
      put16(out, at + ICMP.rest + 2, fits('icmp.sequence', init.sequence, 16));
    } else {
      put32(out, at + ICMP.rest, fits32('icmp.info', init.info ?? 0));
    }
    putBytes(out, at + ICMP.end, init.payload ?? noBytes);
  }
  const sum =
    init.checksum === undefined ? checksum(out, at, end, pseudoSum) : fits('icmp.checksum', init.checksum, 16);
  put16(out, at + ICMP.checksum, sum);
};

/** Writes an ICMP message at `at`; its checksum covers all up to `end`. `out` holds zeros there. Throws `WireInputError`. */
export const writeIcmp = (out: Uint8Array, at: number, end: number, init: IcmpInit): void => {
  writeMessage(out, at, end, init.kind === 'other' ? init.type : icmpType[init.kind], init, 0);
};

/** Writes an ICMPv6 message at `at`; its checksum covers the pseudo header and all up to `end`. Throws `WireInputError`. */
export const writeIcmpv6 = (out: Uint8Array, at: number, end: number, init: Icmpv6Init, pseudoSum: number): void => {
  writeMessage(out, at, end, icmpv6TypeOf(init), init, pseudoSum);
};

const icmpv6TypeOf = (init: Icmpv6Init): number => {
  if (isNdp(init)) return ndpType[init.kind];
  return init.kind === 'other' ? init.type : icmpv6Type[init.kind];
};

const seen = (bytes: Uint8Array, start: number, end: number, pseudoSum: number | undefined): Seen => ({
  code: u8(bytes, start + ICMP.code),
  checksum: u16(bytes, start + ICMP.checksum),
  checksumOk: pseudoSum === undefined || sumsToZero(bytes, start, end, pseudoSum),
});

const readEcho = <Kind extends string>(bytes: Uint8Array, start: number, end: number, kind: Kind): Echo<Kind> => ({
  kind,
  id: u16(bytes, start + ICMP.rest),
  sequence: u16(bytes, start + ICMP.rest + 2),
  payload: view(bytes, start + ICMP.end, end),
});

const readOther = <Kind extends string>(bytes: Uint8Array, start: number, end: number, kind: Kind): Other<Kind> => ({
  kind,
  info: u32(bytes, start + ICMP.rest),
  payload: view(bytes, start + ICMP.end, end),
});

/** Reads the ICMP message in `bytes[start, end)`. `pseudoSum`: 0, or undefined where the checksum cannot be known. */
export const readIcmp = (
  bytes: Uint8Array,
  start: number,
  end: number,
  pseudoSum: number | undefined,
  readQuoted: ReadQuoted,
): Result<IcmpMessage, WireError> => {
  if (end - start < ICMP.end) return err(truncated('icmp', start, ICMP.end, end - start));
  const common = seen(bytes, start, end, pseudoSum);
  const type = u8(bytes, start + ICMP.type);
  const kind = icmpKind.get(type);
  if (kind === undefined) return ok({ ...readOther(bytes, start, end, 'other'), type, ...common });
  if (isEcho(kind)) return ok({ ...readEcho(bytes, start, end, kind), ...common });
  const quoted = readQuoted(bytes, start + ICMP.end, end);
  return ok({ ...readOther(bytes, start, end, kind), ...common, quoted });
};

/** Reads the ICMPv6 message in `bytes[start, end)`. `pseudoSum`: undefined where the checksum cannot be known. */
export const readIcmpv6 = (
  bytes: Uint8Array,
  start: number,
  end: number,
  pseudoSum: number | undefined,
  readQuoted: ReadQuoted,
): Result<Icmpv6Message, WireError> => {
  if (end - start < ICMP.end) return err(truncated('icmpv6', start, ICMP.end, end - start));
  const common = seen(bytes, start, end, pseudoSum);
  const type = u8(bytes, start + ICMP.type);
  const kind = icmpv6Kind.get(type);
  if (kind === undefined) {
    const ndp = readNdp(bytes, start, end, type);
    return ok(
      ndp === undefined ? { ...readOther(bytes, start, end, 'other'), type, ...common } : { ...ndp, ...common },
    );
  }
  if (isEcho(kind)) return ok({ ...readEcho(bytes, start, end, kind), ...common });
  const quoted = readQuoted(bytes, start + ICMP.end, end);
  return ok({ ...readOther(bytes, start, end, kind), ...common, quoted });
};
