/** The layers behind an IP header: TCP, ICMP, ICMPv6, or bytes that are none of these. */
import { noBytes, putBytes, view } from './bytes.js';
import { halves } from './checksum.js';
import type { WireError } from './error.js';
import { icmpLength, icmpProtocol, icmpv6Protocol, readIcmp, readIcmpv6, writeIcmp, writeIcmpv6 } from './icmp.js';
import type { IcmpMessage, Icmpv6Message, Layers, LayersInit, ReadQuoted } from './packet-types.js';
import { ok, type Result } from './result.js';
import { readTcp, readTcpStart, tcpLength, tcpProtocol, writeTcp, type TcpSegment, type TcpStart } from './tcp.js';

/** The bytes that the layers take. */
export const layersLength = (init: LayersInit): number => {
  let length = init.tcp === undefined ? 0 : tcpLength(init.tcp);
  if (init.icmp !== undefined) length += icmpLength(init.icmp);
  if (init.icmpv6 !== undefined) length += icmpLength(init.icmpv6);
  return init.payload === undefined ? length : length + init.payload.length;
};

/** The protocol number of the first layer given, `none` where none is. */
export const layersProtocol = (init: LayersInit, none: number): number => {
  if (init.tcp !== undefined) return tcpProtocol;
  if (init.icmp !== undefined) return icmpProtocol;
  return init.icmpv6 === undefined ? none : icmpv6Protocol;
};

/** Writes the layers at `at`, up to `end`. `addressSum`: that of the addresses in the pseudo header. Throws `WireInputError`. */
export const writeLayers = (out: Uint8Array, at: number, end: number, init: LayersInit, addressSum: number): void => {
  const { tcp, icmp, icmpv6, payload } = init;
  const lengthSum = halves(end - at);
  if (payload !== undefined && payload.length > 0) putBytes(out, end - payload.length, payload);
  if (tcp !== undefined) writeTcp(out, at, end, tcp, addressSum + tcpProtocol + lengthSum);
  if (icmp !== undefined) writeIcmp(out, at, end, icmp);
  if (icmpv6 !== undefined) writeIcmpv6(out, at, end, icmpv6, addressSum + icmpv6Protocol + lengthSum);
};

/** The layers, all fields set, so that all packets have one shape. */
const only = (
  tcp: TcpSegment | undefined,
  icmp: IcmpMessage | undefined,
  icmpv6: Icmpv6Message | undefined,
  cut: WireError | undefined,
): Layers => ({ tcp, tcpStart: undefined, icmp, icmpv6, payload: noBytes, cut });

/** Bytes of no layer. */
export const opaqueLayers = (
  bytes: Uint8Array,
  at: number,
  end: number,
  cut: WireError | undefined,
  tcpStart?: TcpStart,
): Layers => ({ tcp: undefined, tcpStart, icmp: undefined, icmpv6: undefined, payload: view(bytes, at, end), cut });

/**
 * Reads the layer of `protocol` in `bytes[at, end)`. `pseudoSum`: the pseudo header's, or undefined where bytes of the
 * layer are missing (`cut` says which, unless it is a fragment): then a header that is cut is no error.
 */
export const readLayers = (
  bytes: Uint8Array,
  at: number,
  end: number,
  version: 4 | 6,
  protocol: number,
  pseudoSum: number | undefined,
  cut: WireError | undefined,
  readQuoted: ReadQuoted,
): Result<Layers, WireError> => {
  if (protocol === tcpProtocol) {
    const tcp = readTcp(bytes, at, end, pseudoSum);
    if (tcp.ok) return ok(only(tcp.value, undefined, undefined, cut));
    if (pseudoSum !== undefined) return tcp;
    return ok(opaqueLayers(bytes, at, end, cut ?? tcp.error, readTcpStart(bytes, at, end)));
  }
  if (version === 4 && protocol === icmpProtocol) {
    const icmp = readIcmp(bytes, at, end, pseudoSum === undefined ? undefined : 0, readQuoted);
    if (icmp.ok) return ok(only(undefined, icmp.value, undefined, cut));
    return pseudoSum === undefined ? ok(opaqueLayers(bytes, at, end, cut ?? icmp.error)) : icmp;
  }
  if (version === 6 && protocol === icmpv6Protocol) {
    const icmpv6 = readIcmpv6(bytes, at, end, pseudoSum, readQuoted);
    if (icmpv6.ok) return ok(only(undefined, undefined, icmpv6.value, cut));
    return pseudoSum === undefined ? ok(opaqueLayers(bytes, at, end, cut ?? icmpv6.error)) : icmpv6;
  }
  return ok(opaqueLayers(bytes, at, end, cut));
};
