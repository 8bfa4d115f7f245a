/** Bytes in hex with their fields marked: a letter and a line under each, in colours where there are any. */
import type { Language, Text } from '../../error.js';
import { textWidth } from '../text-width.js';
import { say } from '../words.js';

/** The bytes of one field, or of several that share them. */
export interface Mark {
  readonly offset: number;
  readonly size: number;
  readonly letter: string;
  readonly paint: (text: string) => string;
}

export interface HexLayout {
  readonly bytesPerLine: number;
  readonly unicode: boolean;
  readonly language: Language;
}

const omitted = (dots: string, bytes: number): Text => ({
  en: `${dots} ${bytes} bytes more`,
  zh: `${dots} 另有 ${bytes} 字节`,
});

const plain = (text: string): string => text;
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');
const offsetDigits = 4;

/** The mark of each byte. */
const marksByByte = (length: number, marks: readonly Mark[]): readonly (Mark | undefined)[] => {
  const byByte = Array<Mark | undefined>(length).fill(undefined);
  for (const mark of marks) byByte.fill(mark, mark.offset, mark.offset + mark.size);
  return byByte;
};

/** Lines of a long field that are shown before the rest is left out, and how many it takes to leave any out. */
const shownLines = 4;
const leastOmitted = 4;

/** The starts of the lines to show; a number of bytes left out stands as a negative one. */
const plan = (byByte: readonly (Mark | undefined)[], perLine: number): readonly number[] => {
  const lines: number[] = [];
  for (let start = 0; start < byByte.length;) {
    lines.push(start);
    const mark = byByte[start];
    start += perLine;
    if (mark === undefined || start - mark.offset < shownLines * perLine) continue;
    // The last line of the field is shown again.
    const omitted = Math.floor((mark.offset + mark.size - 1 - start) / perLine);
    if (omitted < leastOmitted) continue;
    lines.push(-omitted * perLine);
    start += omitted * perLine;
  }
  return lines;
};

/** The lines, two for every `bytesPerLine` bytes: the bytes and their text, and the marks under them. */
export const hexView = (
  bytes: Uint8Array,
  marks: readonly Mark[],
  { bytesPerLine, unicode, language }: HexLayout,
): string[] => {
  const byByte = marksByByte(bytes.length, marks);
  // Two cells of it would stand under one digit.
  const rule = unicode && textWidth('─') === 1 ? '─' : '-';
  const dots = unicode ? '…' : '...';
  return plan(byByte, bytesPerLine).flatMap((start) => {
    if (start < 0) return [`${' '.repeat(offsetDigits + 2)}${say(omitted(dots, -start), language)}`];
    const end = Math.min(start + bytesPerLine, bytes.length);
    let [values, characters, under] = ['', '', ''];
    for (let i = start; i < end; i++) {
      const mark = byByte[i];
      const paint = mark?.paint ?? plain;
      const byte = bytes[i] ?? 0;
      values += `${paint(hex(byte, 2))} `;
      characters += paint(printable(byte));
      const goesOn = mark !== undefined && i + 1 < end && byByte[i + 1] === mark;
      const first = mark?.offset === i ? mark.letter : rule;
      under += mark === undefined ? '   ' : paint(first + rule) + (goesOn ? paint(rule) : ' ');
    }
    const gap = ' '.repeat(3 * (bytesPerLine - (end - start)) + 1);
    return [
      `${hex(start, offsetDigits)}  ${values}${gap}${characters}`,
      `${' '.repeat(offsetDigits + 2)}${under}`.trimEnd(),
    ];
  });
};
