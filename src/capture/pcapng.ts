/** Writes pcapng: one section, interfaces with names, packets with nanosecond stamps and comments. draft-ietf-opsawg-pcapng. */
import { printable } from '../printable.js';
import { BlockType, byteOrderMagic, OptionCode } from './pcapng-blocks.js';
import { LinkTypeNumber } from './link-type.js';

export interface CaptureInterface {
  /** Shown by readers as the interface's name. */
  readonly name: string;
  /** LINKTYPE number. Ethernet where left out. */
  readonly linkType?: number;
}

export interface CapturedPacket {
  /** Index into the interfaces. */
  readonly interfaceId: number;
  /** Milliseconds since the epoch, with fractions. */
  readonly epochMs: number;
  /** From the link header on. */
  readonly bytes: Uint8Array;
  /** Of all of it, where not all is there. */
  readonly length?: number;
  readonly comment?: string;
}

const NANOSECONDS = 9;

/** The whole file, little-endian. */
export const pcapng = (interfaces: readonly CaptureInterface[], packets: readonly CapturedPacket[]): Uint8Array =>
  Buffer.concat([pcapngStart(interfaces), ...packets.map(pcapngPacket)]);

/** What a file begins with; packets follow, as many as there are. */
export const pcapngStart = (interfaces: readonly CaptureInterface[]): Uint8Array =>
  Buffer.concat([
    block(BlockType.SECTION_HEADER, sectionHeader(), [text(OptionCode.USER_APPLICATION, 'rawshake')]),
    ...interfaces.map((from) =>
      block(BlockType.INTERFACE_DESCRIPTION, interfaceDescription(from), [
        text(OptionCode.IF_NAME, from.name),
        option(OptionCode.IF_TSRESOL, Uint8Array.of(NANOSECONDS)),
      ]),
    ),
  ]);

export const pcapngPacket = (packet: CapturedPacket): Uint8Array =>
  block(
    BlockType.ENHANCED_PACKET,
    packetBody(packet),
    packet.comment === undefined ? [] : [text(OptionCode.COMMENT, packet.comment)],
  );

const padded = (length: number): number => (length + 3) & ~3;

function block(type: number, body: Uint8Array, options: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(options.length === 0 ? [body] : [body, ...options, new Uint8Array(4)]);
  const length = 12 + content.length;
  const frame = Buffer.alloc(length);
  frame.writeUInt32LE(type, 0);
  frame.writeUInt32LE(length, 4);
  frame.set(content, 8);
  frame.writeUInt32LE(length, length - 4);
  return frame;
}

function option(code: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + padded(value.length));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

const text = (code: number, value: string): Buffer => option(code, Buffer.from(printable(value), 'utf8'));

function sectionHeader(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(byteOrderMagic, 0);
  body.writeUInt16LE(1, 4); // version 1.0
  body.writeBigInt64LE(-1n, 8); // section length: not given
  return body;
}

function interfaceDescription({ linkType = LinkTypeNumber.ethernet }: CaptureInterface): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  return body; // snap length 0: no limit
}

function packetBody({ interfaceId, epochMs, bytes, length = bytes.length }: CapturedPacket): Buffer {
  const body = Buffer.alloc(20 + padded(bytes.length));
  // Whole milliseconds and the rest apart: a double does not hold the nanoseconds of today.
  const whole = Math.floor(epochMs);
  const nanoseconds = BigInt(whole) * 1_000_000n + BigInt(Math.round((epochMs - whole) * 1e6));
  body.writeUInt32LE(interfaceId, 0);
  body.writeUInt32LE(Number(nanoseconds >> 32n), 4);
  body.writeUInt32LE(Number(nanoseconds & 0xffffffffn), 8);
  body.writeUInt32LE(bytes.length, 12);
  body.writeUInt32LE(length, 16);
  body.set(bytes, 20);
  return body;
}
