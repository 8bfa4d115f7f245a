/** Packets from bytes of any kind: pcap, pcapng, hex text, or one packet's own bytes. Captures take constant memory. */
import { ByteQueue } from './byte-queue.js';
import { mostHexPackets, parseHexText } from './hex.js';
import { guessLinkType, LinkTypeNumber } from './link-type.js';
import { BlockType } from './pcapng-blocks.js';
import { decodePcapng } from './pcapng-read.js';
import { decodePcap, isPcapMagic } from './pcap.js';
import {
  mostPacketBytes,
  type CaptureBatch,
  type CaptureDecoder,
  type CaptureRecord,
  unknownCapture,
} from './record.js';

/** What no hex text of a person is longer than: the longest packet takes a quarter of it as a dump. */
const mostTextBytes = 1 << 22;

const tooMuch = unknownCapture(
  0,
  `is neither a capture, nor a packet of at most ${mostPacketBytes} bytes, ` +
    `nor hex text of at most ${mostHexPackets} packets and ${mostTextBytes} bytes`,
  `既不是抓包文件，也不是至多 ${mostPacketBytes} 字节的数据包，` +
    `也不是至多 ${mostHexPackets} 个数据包、${mostTextBytes} 字节的十六进制文本`,
);

/** Bytes that come without a capture's description: no time, no interface. */
const undescribed = (bytes: Uint8Array): CaptureRecord => ({
  epochNs: undefined,
  linkType: LinkTypeNumber[guessLinkType(bytes)],
  interfaceId: 0,
  interfaceName: undefined,
  bytes,
  wireBytes: bytes.length,
  comments: [],
  damage: undefined,
});

/** The packets that a text says in hex; undefined where it says none, or more than are read. */
export const recordsOfHex = (text: string): readonly CaptureRecord[] | undefined => {
  const packets = parseHexText(text);
  return packets === 'too-much' ? undefined : packets?.map(undescribed);
};

/** Takes all that comes, and then finds out whether it is text. */
function* decodeUndescribed(queue: ByteQueue): CaptureDecoder {
  const beyond = yield* queue.peek(mostTextBytes + 1);
  if (beyond !== undefined) return tooMuch;
  const bytes = yield* queue.take(queue.length);
  if (bytes === undefined || bytes.length === 0) return unknownCapture(0, 'is empty', '内容为空');
  const packets = parseHexText(new TextDecoder('latin1').decode(bytes));
  if (packets === 'too-much' || (packets === undefined && bytes.length > mostPacketBytes)) return tooMuch;
  for (const packet of packets ?? [bytes]) yield undescribed(packet);
  return undefined;
}

/** Finds out by its first bytes what it is. */
function* decode(queue: ByteQueue): CaptureDecoder {
  const lead = yield* queue.peek(4);
  const magic = lead === undefined ? 0 : new DataView(lead.buffer, lead.byteOffset, 4).getUint32(0);
  if (magic === BlockType.SECTION_HEADER) return yield* decodePcapng(queue);
  if (isPcapMagic(magic)) return yield* decodePcap(queue);
  return yield* decodeUndescribed(queue);
}

/** What the decoder makes of the bytes it has, until it needs more or stops. */
function advance(decoder: CaptureDecoder): CaptureBatch & { readonly done: boolean } {
  const records: CaptureRecord[] = [];
  for (;;) {
    const next = decoder.next();
    if (next.done === true) return { records, error: next.value, done: true };
    if (next.value === undefined) return { records, error: undefined, done: false };
    records.push(next.value);
  }
}

/** The packets in batches as they arrive, and what stopped the reading. Never throws by itself. */
export async function* readCapture(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CaptureBatch> {
  const queue = new ByteQueue();
  const decoder = decode(queue);
  for await (const chunk of chunks) {
    queue.push(chunk);
    const { done, ...batch } = advance(decoder);
    if (done || batch.records.length > 0) yield batch;
    if (done) return;
  }
  queue.end();
  const { records, error } = advance(decoder);
  yield { records, error };
}
