/** Text in columns, by the cells that it takes of a terminal. */
import { pieces } from '../printable.js';
import { textWidth } from './text-width.js';

export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)));

export const padStartTo = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - textWidth(text))) + text;

/** As many of `character` as `width` holds. */
export const filled = (character: string, width: number): string =>
  character.repeat(Math.max(0, Math.floor(width / textWidth(character))));

/** The largest, or 0; of any number of them, which the arguments of a function are not. */
export const largest = (numbers: readonly number[]): number =>
  numbers.reduce((most, number) => Math.max(most, number), 0);

/** The width of the widest of them. */
export const widest = (texts: readonly string[]): number => largest(texts.map((text) => textWidth(text)));

/** Two blocks of lines beside each other, `gap` between. */
export function sideBySide(left: readonly string[], right: readonly string[], width: number, gap: string): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${padTo(left[i] ?? '', width)}${gap}${right[i] ?? ''}`.trimEnd(),
  );
}

/** As much of `text` as `width` holds, a mark behind what was cut. */
export const shortened = (text: string, width: number, mark: string): string =>
  textWidth(text) <= width ? text : fitting(pieces(text), width - textWidth(mark)).join('') + mark;

/** The same of a name, whose end says as much as its beginning: the mark stands between them. */
export function shortenedWithin(text: string, width: number, mark: string): string {
  if (textWidth(text) <= width) return text;
  const room = width - textWidth(mark);
  const all = pieces(text);
  const start = fitting(all, Math.ceil(room / 2));
  const end = fitting([...all].reverse(), room - textWidth(start.join('')));
  return [...start, mark, ...[...end].reverse()].join('');
}

/** The first of them that `width` holds. */
function fitting(all: readonly string[], width: number): readonly string[] {
  let left = width;
  const most = all.findIndex((piece) => (left -= textWidth(piece)) < 0);
  return most < 0 ? all : all.slice(0, most);
}
