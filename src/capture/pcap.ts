/** Classic pcap, written and read: both byte orders, microseconds and nanoseconds. draft-ietf-opsawg-pcap. */
import type { ByteQueue } from './byte-queue.js';
import { malformedCapture, mostPacketBytes, truncatedCapture, type CaptureDecoder, unknownCapture } from './record.js';

/** The first four bytes, read big-endian, by what they say of the file. */
const magics: ReadonlyMap<number, { readonly littleEndian: boolean; readonly nsPerUnit: bigint }> = new Map([
  [0xa1b2c3d4, { littleEndian: false, nsPerUnit: 1000n }],
  [0xd4c3b2a1, { littleEndian: true, nsPerUnit: 1000n }],
  [0xa1b23c4d, { littleEndian: false, nsPerUnit: 1n }],
  [0x4d3cb2a1, { littleEndian: true, nsPerUnit: 1n }],
]);

const headerBytes = 24;
const recordHeaderBytes = 16;
const nsPerSecond = 1_000_000_000n;

/** Whether these four bytes, read big-endian, begin a classic pcap file. */
export const isPcapMagic = (magic: number): boolean => magics.has(magic);

/** A packet to be written. */
export interface PcapPacket {
  readonly epochNs: bigint;
  readonly bytes: Uint8Array;
  /** Length on the wire; that of `bytes` where left out. */
  readonly wireBytes?: number;
}

/** How a file is written. */
export interface PcapFormat {
  /** LINKTYPE number. */
  readonly linkType: number;
  /** Big-endian where set. */
  readonly bigEndian?: boolean;
  /** Nanosecond stamps where set; else microseconds. */
  readonly nanoseconds?: boolean;
}

/** The whole file. */
export function pcap(packets: readonly PcapPacket[], format: PcapFormat): Uint8Array {
  const littleEndian = format.bigEndian !== true;
  const nanoseconds = format.nanoseconds === true;
  const nsPerUnit = nanoseconds ? 1n : 1000n;
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint32(0, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian);
  header.setUint16(4, 2, littleEndian); // version 2.4
  header.setUint16(6, 4, littleEndian);
  header.setUint32(16, 262_144, littleEndian); // snap length: tcpdump's
  header.setUint32(20, format.linkType, littleEndian);
  const records = packets.flatMap(({ epochNs, bytes, wireBytes = bytes.length }) => {
    const record = new DataView(new ArrayBuffer(recordHeaderBytes));
    record.setUint32(0, Number(epochNs / nsPerSecond), littleEndian);
    record.setUint32(4, Number((epochNs % nsPerSecond) / nsPerUnit), littleEndian);
    record.setUint32(8, bytes.length, littleEndian);
    record.setUint32(12, wireBytes, littleEndian);
    return [new Uint8Array(record.buffer), bytes];
  });
  return Buffer.concat([new Uint8Array(header.buffer), ...records]);
}

/** The packets of a file. */
export function* decodePcap(queue: ByteQueue): CaptureDecoder {
  const header = yield* queue.take(headerBytes);
  if (header === undefined) return truncatedCapture(queue.offset, 'the file header');
  const fields = new DataView(header.buffer, header.byteOffset, headerBytes);
  const magic = magics.get(fields.getUint32(0));
  if (magic === undefined) return unknownCapture(0, 'is no pcap file', '不是 pcap 文件');
  const { littleEndian, nsPerUnit } = magic;
  // The upper half says how long a frame check sequence is.
  const linkType = fields.getUint32(20, littleEndian) & 0xffff;
  for (;;) {
    const lead = yield* queue.peek(recordHeaderBytes);
    if (lead === undefined) return queue.length === 0 ? undefined : truncatedCapture(queue.offset, 'the packet');
    const record = new DataView(lead.buffer, lead.byteOffset, recordHeaderBytes);
    const length = record.getUint32(8, littleEndian);
    if (length > mostPacketBytes)
      return malformedCapture(
        queue.offset,
        `a packet of ${length} bytes, more than the ${mostPacketBytes} of any`,
        `数据包有 ${length} 字节，超过上限 ${mostPacketBytes} 字节`,
      );
    const whole = yield* queue.take(recordHeaderBytes + length);
    if (whole === undefined) return truncatedCapture(queue.offset, 'the packet');
    const seconds = BigInt(record.getUint32(0, littleEndian));
    yield {
      epochNs: seconds * nsPerSecond + BigInt(record.getUint32(4, littleEndian)) * nsPerUnit,
      linkType,
      interfaceId: 0,
      interfaceName: undefined,
      bytes: whole.subarray(recordHeaderBytes),
      wireBytes: record.getUint32(12, littleEndian),
      comments: [],
      damage: undefined,
    };
  }
}
