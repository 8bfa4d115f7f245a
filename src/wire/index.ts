/** The wire layer: bytes <-> values. No I/O, no `node:` module. */
export {
  addressVersion,
  formatIpv4Address,
  formatIpv6Address,
  formatMac,
  parseAddress,
  parseIpv4Address,
  parseIpv6Address,
  parseMac,
} from './address.js';
export { fromHex, toHex } from './bytes.js';
export { checksum, fold, onesSum, pseudoHeaderSum, updateChecksum, updateChecksum32 } from './checksum.js';
export type { WireError, WireErrorCode, WireInputError, WireLayer } from './error.js';
export type { Ipv4Header, Ipv4Init } from './ipv4.js';
export { Ipv4OptionCode, type Ipv4Option, type RouteKind } from './ipv4-options.js';
export type { Ipv6Header, Ipv6Init } from './ipv6.js';
export { type Chained, Ipv6ExtensionProtocol, type Ipv6Extension } from './ipv6-extensions.js';
export { Ipv6OptionType, type Ipv6Option } from './ipv6-options.js';
export type { Arp, ArpInit } from './arp.js';
export { emitFrame, parseFrame, type Frame, type FrameInit } from './frame.js';
export type {
  Common as IcmpCommon,
  Echo as IcmpEcho,
  IcmpInit,
  IcmpMessage,
  Icmpv6Init,
  Icmpv6Message,
  Other as IcmpOther,
  Seen as IcmpSeen,
} from './packet-types.js';
export type { Layers, LayersInit } from './packet-types.js';
export {
  EtherType,
  linkTypeOf,
  type EthernetInit,
  type LinkHeader,
  type LinkInit,
  type LinkType,
  type NullInit,
  type RawLinkInit,
  type Sll2Init,
  type SllInit,
  type VlanTag,
} from './link.js';
export {
  formatMismatches,
  matchNotation,
  matchPacket,
  matchSegment,
  segmentPattern,
  type Mismatch,
  type PacketPattern,
  type Partially,
  type SegmentPattern,
} from './match.js';
export type { NdpMessage, NdpOption, WithOptions as NdpWithOptions } from './ndp.js';
export {
  formatNotationError,
  formatOption,
  formatSegment,
  parseNotation,
  parsePartialNotation,
  parseSegment,
  segmentOf,
  type Notation,
  type NotationError,
  type PartialNotation,
  type SegmentFormat,
} from './notation.js';
export { emitPacket, parsePacket, type ParseOptions } from './packet.js';
export type { Packet, PacketInit } from './packet-types.js';
export { err, ok, type Result } from './result.js';
export { seq, seqAdd, seqDiff, seqGe, seqGt, seqInRange, seqLe, seqLt, type Seq } from './seq.js';
export {
  emitTcp,
  parseTcp,
  segmentLength,
  TcpFlag,
  tcpProtocol,
  type TcpInit,
  type TcpSegment,
  type TcpStart,
} from './tcp.js';
export { checksumState, isChecksumOk, isPartialChecksum, type ChecksumState } from './tcp-checksum.js';
export { formatFlags, parseFlags } from './tcp-flags.js';
export {
  createTemplate,
  setAck,
  setDst,
  setDstPort,
  setFlags,
  setId,
  setPayload,
  setSeq,
  setSrc,
  setSrcPort,
  setTimestamps,
  setTtl,
  setWindow,
  type Template,
} from './template.js';
export { emitTcpOptions, TcpOptionKind, type TcpOption } from './tcp-options.js';
