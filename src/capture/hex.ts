/** Packets as hex text: plain digits, with all that people put between them, or the dumps of tcpdump -x, xxd and Wireshark. */
import { fromHex, parseFrame } from '../wire/index.js';
import { guessLinkType } from './link-type.js';
import { mostPacketBytes } from './record.js';

/** Packets of one text that are read: they are all held until it is known that every line of it is hex. */
export const mostHexPackets = 1 << 16;

/** What may stand between the digits, or before them. */
const filling = /0x|\\x|[\s:,-]/g;

/** The packets that a text says; `too-much`: more of them than are read, or longer ones; undefined where it says none. */
export type HexPackets = readonly Uint8Array[] | 'too-much' | undefined;

const bytesOf = (text: string): Uint8Array | undefined => fromHex(text.replace(filling, ''));

const isWholePacket = (bytes: Uint8Array): boolean => parseFrame(bytes, guessLinkType(bytes)).ok;

/** An offset, a colon or a wider gap, and what it numbers. */
const dumpLine = /^\s*(?:0x)?([0-9a-fA-F]{4,8})(?::\s|\s{2})\s*(\S.*)$/;
const mostPerLine = 16;

/** The bytes of a dump's line: up to what is no pair of digits, or to the gap before the text column. */
const dumpBytes = (line: string): Uint8Array => {
  const [digits = ''] = /^(?:[0-9a-fA-F]{2}\s{0,2})*/.exec(line) ?? [];
  return fromHex(digits.replace(/\s/g, '').slice(0, 2 * mostPerLine)) ?? new Uint8Array(0);
};

/** The packets of a dump, each counted from offset 0; undefined where a line does not go on where the last one ended. */
const parseDump = (lines: readonly string[]): HexPackets => {
  const packets: Uint8Array[][] = [];
  let length = 0;
  for (const line of lines) {
    const [, offset = '', rest = ''] = dumpLine.exec(line) ?? [];
    const at = Number.parseInt(offset, 16);
    const bytes = dumpBytes(rest);
    if (at === 0) packets.push([]);
    if ((at !== 0 && at !== length) || bytes.length === 0) return undefined;
    if (packets.length > mostHexPackets) return 'too-much';
    length = at + bytes.length;
    packets.at(-1)?.push(bytes);
  }
  return packets.length === 0 ? undefined : packets.map((parts) => Uint8Array.from(Buffer.concat(parts)));
};

/** Digits over several lines are one packet, unless the first line is one by itself: then so is each. */
const parseParagraph = (text: string): HexPackets => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const dump = parseDump(lines);
  if (dump !== undefined) return dump;
  const first = bytesOf(lines[0] ?? '');
  const separate = lines.length > 1 && first !== undefined && isWholePacket(first);
  if (separate && lines.length > mostHexPackets) return 'too-much';
  const packets = (separate ? lines : [text]).map(bytesOf);
  return packets.every((bytes) => bytes !== undefined && bytes.length > 0) ? (packets as Uint8Array[]) : undefined;
};

/** The packets that a text says in hex, parted by empty lines or one to a line. */
export const parseHexText = (text: string): HexPackets => {
  const packets: Uint8Array[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    if (paragraph.trim() === '') continue;
    const found = parseParagraph(paragraph);
    if (found === undefined || found === 'too-much') return found;
    if (packets.length + found.length > mostHexPackets) return 'too-much';
    if (found.some(({ length }) => length > mostPacketBytes)) return 'too-much';
    for (const bytes of found) packets.push(bytes);
  }
  return packets.length === 0 ? undefined : packets;
};
