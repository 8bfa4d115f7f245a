/** A TCP packet as it stands in every JSON: sequence numbers absolute, `text` with relative ones. */
import {
  checksumState,
  formatFlags,
  formatOption,
  formatSegment,
  isChecksumOk,
  type ChecksumState,
  type Packet,
  type SegmentFormat,
  type TcpSegment,
} from '../wire/index.js';

export interface SegmentJson {
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  /** Packetdrill's letters. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  /** Bytes of data. */
  readonly length: number;
  readonly options: readonly string[];
  /** null: not complete, or not all there. */
  readonly checksumOk: boolean | null;
  readonly checksum: ChecksumState;
  readonly text: string;
  /** Hex digits. */
  readonly bytes: string;
}

/** Hex digits, by Node's own means: a capture's worth of them is much. */
export const hexOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('hex');

/** `numbers`: what those in `text` count from. `bytes`: those of the packet, unless it is shown with what is around it. */
export const segmentJson = (
  packet: Packet,
  segment: TcpSegment,
  numbers: SegmentFormat,
  bytes = packet.bytes,
): SegmentJson => {
  const { ip } = packet;
  const checksum = checksumState(packet, segment);
  return {
    src: ip.src,
    dst: ip.dst,
    srcPort: segment.srcPort,
    dstPort: segment.dstPort,
    flags: formatFlags(segment.flags),
    seq: segment.seq,
    ack: segment.ack,
    window: segment.window,
    length: segment.payload.length,
    options: segment.options.map((option) => formatOption(option)),
    checksumOk: isChecksumOk(checksum),
    checksum,
    text: formatSegment(segment, numbers),
    bytes: hexOf(bytes),
  };
};
