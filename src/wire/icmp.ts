/** ICMP and ICMPv6: echo, and errors with the packet they are about. RFC 792; RFC 4443; next-hop MTU: RFC 1191 §4. */
import { noBytes, put16, put32, putBytes, u16, u32, u8, view } from './bytes.js';
import { checksum, sumsToZero } from './checksum.js';
import { fits, fits32, truncated, type WireError } from './error.js';
import { ndpBodyLength, readNdpBody, writeNdpBody, type NdpMessage } from './ndp.js';
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

const icmpType = {
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

const icmpv6Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
} as const;

const headerBytes = 8;

const isNdp = (init: IcmpInit | Icmpv6Init): init is Common & NdpMessage => 'options' in init;

/** The bytes that a message takes. */
export const icmpLength = (init: IcmpInit | Icmpv6Init): number =>
  isNdp(init) ? 4 + ndpBodyLength(init) : headerBytes + (init.payload?.length ?? 0);

const writeMessage = (
  out: Uint8Array,
  at: number,
  end: number,
  type: number,
  init: IcmpInit | Icmpv6Init,
  pseudoSum: number,
): void => {
  out[at] = fits('icmp.type', type, 8);
  out[at + 1] = fits('icmp.code', init.code ?? 0, 8);
  if (isNdp(init)) {
    writeNdpBody(out, at + 4, init);
  } else {
    if (init.kind === 'echoRequest' || init.kind === 'echoReply') {
      put16(out, at + 4, fits('icmp.id', init.id, 16));
      put16(out, at + 6, fits('icmp.sequence', init.sequence, 16));
    } else {
      put32(out, at + 4, fits32('icmp.info', init.info ?? 0));
    }
    putBytes(out, at + headerBytes, init.payload ?? noBytes);
  }
  const sum =
    init.checksum === undefined ? checksum(out, at, end, pseudoSum) : fits('icmp.checksum', init.checksum, 16);
  put16(out, at + 2, sum);
};

/** Writes an ICMP message at `at`; its checksum covers all up to `end`. `out` holds zeros there. Throws `WireInputError`. */
export const writeIcmp = (out: Uint8Array, at: number, end: number, init: IcmpInit): void => {
  writeMessage(out, at, end, init.kind === 'other' ? init.type : icmpType[init.kind], init, 0);
};

/** Writes an ICMPv6 message at `at`; its checksum covers the pseudo header and all up to `end`. Throws `WireInputError`. */
export const writeIcmpv6 = (out: Uint8Array, at: number, end: number, init: Icmpv6Init, pseudoSum: number): void => {
  writeMessage(out, at, end, init.kind === 'other' ? init.type : icmpv6Type[init.kind], init, pseudoSum);
};

const seen = (bytes: Uint8Array, start: number, end: number, pseudoSum: number | undefined): Seen => ({
  code: u8(bytes, start + 1),
  checksum: u16(bytes, start + 2),
  checksumOk: pseudoSum === undefined || sumsToZero(bytes, start, end, pseudoSum),
});

const readEcho = <Kind extends string>(bytes: Uint8Array, start: number, end: number, kind: Kind): Echo<Kind> => ({
  kind,
  id: u16(bytes, start + 4),
  sequence: u16(bytes, start + 6),
  payload: view(bytes, start + headerBytes, end),
});

const readOther = <Kind extends string>(bytes: Uint8Array, start: number, end: number, kind: Kind): Other<Kind> => ({
  kind,
  info: u32(bytes, start + 4),
  payload: view(bytes, start + headerBytes, end),
});

/** Reads the ICMP message in `bytes[start, end)`. `pseudoSum`: 0, or undefined where the checksum cannot be known. */
export const readIcmp = (
  bytes: Uint8Array,
  start: number,
  end: number,
  pseudoSum: number | undefined,
  readQuoted: ReadQuoted,
): Result<IcmpMessage, WireError> => {
  if (end - start < headerBytes) return err(truncated('icmp', start, headerBytes, end - start));
  const common = seen(bytes, start, end, pseudoSum);
  const error = <Kind extends string>(kind: Kind): Other<Kind> & Seen => ({
    ...readOther(bytes, start, end, kind),
    ...common,
    quoted: readQuoted(bytes, start + headerBytes, end),
  });
  const type = u8(bytes, start);
  switch (type) {
    case icmpType.echoRequest:
      return ok({ ...readEcho(bytes, start, end, 'echoRequest'), ...common });
    case icmpType.echoReply:
      return ok({ ...readEcho(bytes, start, end, 'echoReply'), ...common });
    case icmpType.unreachable:
      return ok(error('unreachable'));
    case icmpType.redirect:
      return ok(error('redirect'));
    case icmpType.timeExceeded:
      return ok(error('timeExceeded'));
    case icmpType.parameterProblem:
      return ok(error('parameterProblem'));
  }
  return ok({ ...readOther(bytes, start, end, 'other'), type, ...common });
};

/** Reads the ICMPv6 message in `bytes[start, end)`. `pseudoSum`: undefined where the checksum cannot be known. */
export const readIcmpv6 = (
  bytes: Uint8Array,
  start: number,
  end: number,
  pseudoSum: number | undefined,
  readQuoted: ReadQuoted,
): Result<Icmpv6Message, WireError> => {
  if (end - start < headerBytes) return err(truncated('icmpv6', start, headerBytes, end - start));
  const common = seen(bytes, start, end, pseudoSum);
  const error = <Kind extends string>(kind: Kind): Other<Kind> & Seen => ({
    ...readOther(bytes, start, end, kind),
    ...common,
    quoted: readQuoted(bytes, start + headerBytes, end),
  });
  const type = u8(bytes, start);
  switch (type) {
    case icmpv6Type.echoRequest:
      return ok({ ...readEcho(bytes, start, end, 'echoRequest'), ...common });
    case icmpv6Type.echoReply:
      return ok({ ...readEcho(bytes, start, end, 'echoReply'), ...common });
    case icmpv6Type.unreachable:
      return ok(error('unreachable'));
    case icmpv6Type.packetTooBig:
      return ok(error('packetTooBig'));
    case icmpv6Type.timeExceeded:
      return ok(error('timeExceeded'));
    case icmpv6Type.parameterProblem:
      return ok(error('parameterProblem'));
  }
  const ndp = readNdpBody(bytes, start + 4, end, type);
  return ok(ndp === undefined ? { ...readOther(bytes, start, end, 'other'), type, ...common } : { ...ndp, ...common });
};
