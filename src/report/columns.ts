/** Text in columns, by the width that a terminal shows: Chinese characters take two, colours none. */
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import { pieces } from '../printable.js';

export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - stringWidth(text)));

export const padStartTo = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - stringWidth(text))) + text;

/** The largest, or 0; of any number of them, which the arguments of a function are not. */
export const largest = (numbers: readonly number[]): number =>
  numbers.reduce((most, number) => Math.max(most, number), 0);

/** The width of the widest of them. */
export const widest = (texts: readonly string[]): number => largest(texts.map((text) => stringWidth(text)));

/** Two blocks of lines beside each other, `gap` between. */
export function sideBySide(left: readonly string[], right: readonly string[], width: number, gap: string): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${padTo(left[i] ?? '', width)}${gap}${right[i] ?? ''}`.trimEnd(),
  );
}

/** Lines of at most `width`, the later ones indented. */
export function wrapText(text: string, width: number, indent: string): string[] {
  const lines = wrapAnsi(text, width - stringWidth(indent), { hard: true, trim: true }).split('\n');
  return lines.map((line, i) => (i === 0 ? line : indent + line));
}

/** Lines of at most `width`: `lead` before the first, as many spaces before the others. */
export function hangingText(lead: string, text: string, width: number): string[] {
  const indent = ' '.repeat(stringWidth(lead));
  return wrapText(text, width, indent).map((line, i) => (i === 0 ? lead + line : line));
}

/** As much of `text` as `width` holds, a mark behind what was cut. */
export const shortened = (text: string, width: number, mark: string): string =>
  stringWidth(text) <= width ? text : fitting(pieces(text), width - stringWidth(mark)).join('') + mark;

/** The same of a name, whose end says as much as its beginning: the mark stands between them. */
export function shortenedWithin(text: string, width: number, mark: string): string {
  if (stringWidth(text) <= width) return text;
  const room = width - stringWidth(mark);
  const all = pieces(text);
  const start = fitting(all, Math.ceil(room / 2));
  const end = fitting([...all].reverse(), room - stringWidth(start.join('')));
  return [...start, mark, ...[...end].reverse()].join('');
}

/** The first of them that `width` holds. */
function fitting(all: readonly string[], width: number): readonly string[] {
  let left = width;
  const most = all.findIndex((piece) => (left -= stringWidth(piece)) < 0);
  return most < 0 ? all : all.slice(0, most);
}
