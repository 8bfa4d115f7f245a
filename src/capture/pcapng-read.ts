/** pcapng, read: sections in either byte order, interfaces, enhanced, simple and old packet blocks. draft-ietf-opsawg-pcapng. */
import type { ByteQueue } from './byte-queue.js';
import { BlockType, byteOrderMagic, OptionCode } from './pcapng-blocks.js';
import { CommentList, textOf } from './pcapng-text.js';
import {
  malformedCapture,
  mostBlockBytes,
  mostPacketBytes,
  truncatedCapture,
  type CaptureDecoder,
  type CaptureError,
  type CaptureRecord,
  unknownCapture,
} from './record.js';

/** What an interface description says. */
interface Interface {
  readonly name: string | undefined;
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapBytes: number;
  /** Units of its stamps in a second. */
  readonly unitsPerSecond: bigint;
  /** What is added to its stamps. */
  readonly offsetSeconds: bigint;
}

/** A section: its byte order, and the interfaces described so far. */
interface Section {
  readonly littleEndian: boolean;
  readonly interfaces: Interface[];
}

/** The fields of a block's body, in its section's byte order. */
class Body {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u16 = (at: number): number => this.#view.getUint16(at, this.littleEndian);
  u32 = (at: number): number => this.#view.getUint32(at, this.littleEndian);

  /** The options from `at` on, as far as they make sense. */
  *options(at: number): Generator<readonly [code: number, value: Uint8Array]> {
    for (let next = at; next + 4 <= this.bytes.length;) {
      const [code, length] = [this.u16(next), this.u16(next + 2)];
      if (code === OptionCode.END || next + 4 + length > this.bytes.length) return;
      yield [code, this.bytes.subarray(next + 4, next + 4 + length)];
      next += 4 + ((length + 3) & ~3);
    }
  }
}

/** Interfaces of a section that are kept: as many as an old packet block can number. */
const mostInterfaces = 1 << 16;
const mostNameBytes = 255;

const lead = 8;
const trailer = 4;

/** The packets of a file. */
export function* decodePcapng(queue: ByteQueue): CaptureDecoder {
  let section: Section = { littleEndian: true, interfaces: [] };
  for (;;) {
    const at = queue.offset;
    const head = yield* queue.peek(lead + trailer);
    if (head === undefined) return queue.length === 0 ? undefined : truncatedCapture(at, 'the block');
    const start = new DataView(head.buffer, head.byteOffset, head.length);
    if (start.getUint32(0) === BlockType.SECTION_HEADER) {
      const littleEndian = start.getUint32(8, true) === byteOrderMagic;
      if (!littleEndian && start.getUint32(8) !== byteOrderMagic)
        return malformedCapture(at, 'no byte-order magic', '没有字节序标记');
      section = { littleEndian, interfaces: [] };
    }
    const length = start.getUint32(4, section.littleEndian);
    if (length < lead + trailer || length % 4 !== 0 || length > mostBlockBytes)
      return malformedCapture(at, `a block of ${length} bytes`, `块的长度为 ${length} 字节`);
    const block = yield* queue.take(length);
    if (block === undefined) return truncatedCapture(at, 'the block');
    const type = start.getUint32(0, section.littleEndian);
    const body = new Body(block.subarray(lead, length - trailer), section.littleEndian);
    const problem = checked(type, body, block, section, at);
    if (problem !== undefined) return problem;
    const record = readBlock(type, body, section);
    if (record !== undefined) yield record;
  }
}

/** The bytes that the fixed fields of a block take. */
const fixedBytes: Readonly<Record<number, number>> = {
  [BlockType.SECTION_HEADER]: 16,
  [BlockType.INTERFACE_DESCRIPTION]: 8,
  [BlockType.ENHANCED_PACKET]: 20,
  [BlockType.SIMPLE_PACKET]: 4,
  [BlockType.PACKET]: 20,
};

function checked(
  type: number,
  body: Body,
  block: Uint8Array,
  { interfaces }: Section,
  at: number,
): CaptureError | undefined {
  const closing = new DataView(block.buffer, block.byteOffset + block.length - trailer, trailer);
  if (closing.getUint32(0, body.littleEndian) !== block.length)
    return malformedCapture(at, 'the block gives two different lengths', '块首尾给出的长度不同');
  if (body.bytes.length < (fixedBytes[type] ?? 0))
    return malformedCapture(at, 'the block is too short for its type', '块对其类型而言太短');
  if (type === BlockType.INTERFACE_DESCRIPTION && interfaces.length === mostInterfaces)
    return malformedCapture(
      at,
      `more than ${mostInterfaces} interfaces in a section`,
      `一节中的接口超过 ${mostInterfaces} 个`,
    );
  if (type === BlockType.SECTION_HEADER && body.u16(4) !== 1)
    return unknownCapture(
      at,
      `is pcapng of version ${body.u16(4)}, which is not known here`,
      `pcapng 的第 ${body.u16(4)} 版在这里无法识别`,
    );
  return undefined;
}

/** Takes up what a block says; the packet, where it holds one. */
function readBlock(type: number, body: Body, section: Section): CaptureRecord | undefined {
  switch (type) {
    case BlockType.INTERFACE_DESCRIPTION:
      section.interfaces.push(readInterface(body));
      return undefined;
    case BlockType.ENHANCED_PACKET:
      return readPacket(body, section, body.u32(0));
    case BlockType.PACKET: // obsolete: a 16-bit number, then drops
      return readPacket(body, section, body.u16(0));
    case BlockType.SIMPLE_PACKET:
      return readSimple(body, section);
  }
  return undefined;
}

function readInterface(body: Body): Interface {
  let name: string | undefined;
  let unitsPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (const [code, value] of body.options(8)) {
    if (code === OptionCode.IF_NAME) name = textOf(value, mostNameBytes);
    const [resolution = 6] = value;
    if (code === OptionCode.IF_TSRESOL)
      unitsPerSecond = resolution >= 0x80 ? 1n << BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
    if (code === OptionCode.IF_TSOFFSET && value.length === 8)
      offsetSeconds = new DataView(value.buffer, value.byteOffset, 8).getBigInt64(0, body.littleEndian);
  }
  return { name, linkType: body.u16(0), snapBytes: body.u32(4), unitsPerSecond, offsetSeconds };
}

const nsPerSecond = 1_000_000_000n;

/** Enhanced and old packet blocks differ in nothing but the interface's number. */
function readPacket(body: Body, { interfaces }: Section, interfaceId: number): CaptureRecord {
  const from = interfaces[interfaceId];
  const units = (BigInt(body.u32(4)) << 32n) | BigInt(body.u32(8));
  const captured = body.u32(12);
  const there = body.bytes.length - 20;
  const length = Math.min(captured, there);
  const comments = new CommentList();
  for (const [code, value] of body.options(20 + ((length + 3) & ~3)))
    if (code === OptionCode.COMMENT) comments.add(value);
  return {
    epochNs:
      from === undefined ? undefined : (units * nsPerSecond) / from.unitsPerSecond + from.offsetSeconds * nsPerSecond,
    linkType: from?.linkType ?? -1,
    interfaceId,
    interfaceName: from?.name,
    bytes: body.bytes.subarray(20, 20 + Math.min(length, mostPacketBytes)),
    wireBytes: body.u32(16),
    comments: comments.texts,
    damage: from === undefined ? unknownInterface(interfaceId) : lengthDamage(captured, there),
  };
}

/** No stamp, no interface (the first one is meant), no length but that on the wire. */
function readSimple(body: Body, { interfaces: [from] }: Section): CaptureRecord {
  const wireBytes = body.u32(0);
  const there = body.bytes.length - 4;
  const limit = from === undefined || from.snapBytes === 0 ? wireBytes : Math.min(from.snapBytes, wireBytes);
  return {
    epochNs: undefined,
    linkType: from?.linkType ?? -1,
    interfaceId: 0,
    interfaceName: from?.name,
    bytes: body.bytes.subarray(4, 4 + Math.min(limit, there, mostPacketBytes)),
    wireBytes,
    comments: [],
    damage: from === undefined ? unknownInterface(0) : lengthDamage(Math.min(limit, there), there),
  };
}

const unknownInterface = (id: number): string => `the capture describes no interface ${id}`;

/** What is wrong with a packet's length, by what its block says and what it has. */
const lengthDamage = (says: number, there: number): string | undefined => {
  if (says > there) return `the capture says ${says} bytes and has ${there}`;
  if (says > mostPacketBytes) return `of ${says} bytes the first ${mostPacketBytes} are read: no packet is longer`;
  return undefined;
};
