/** Prose in lines, in colours or without. */
import { pieces } from '../printable.js';
import { unbreakable } from './line-breaks.js';
import { textWidth } from './text-width.js';

/** Lines of at most `width` cells, the later ones indented; a line break in the text ends a line. */
export function wrapText(text: string, width: number, indent = ''): string[] {
  const room = width - textWidth(indent);
  const lines = text.split('\n').flatMap((line) => coloured(line, plainLines(line.replace(COLOUR, ''), room)));
  return lines.map((line, i) => (i === 0 ? line : indent + line));
}

const NO_BREAK_SPACE = '\u00a0';

/** As `wrapText`, of `lead` and values with `comma` between them, none of which is broken where a line holds it. */
export const wrapList = (
  lead: string,
  values: readonly string[],
  comma: string,
  width: number,
  indent: string,
): string[] =>
  wrapText(lead + values.map((value) => value.replaceAll(' ', NO_BREAK_SPACE)).join(comma), width, indent).map((line) =>
    line.replaceAll(NO_BREAK_SPACE, ' '),
  );

/** Lines of at most `width`: `lead` before the first, as many spaces before the others. */
export function hangingText(lead: string, text: string, width: number): string[] {
  const indent = ' '.repeat(textWidth(lead));
  return wrapText(text, width, indent).map((line, i) => (i === 0 ? lead + line : line));
}

/** None with blanks at its ends. */
function plainLines(text: string, room: number): readonly string[] {
  if (textWidth(text) <= room) return [text.trim()];
  const lines: string[] = [];
  let line = '';
  let left = room;
  const end = (): void => {
    if (line !== '') lines.push(line.trimEnd());
    [line, left] = ['', room];
  };
  const add = (piece: string): void => {
    if (textWidth(piece.trimEnd()) > left) end();
    line += piece;
    left -= textWidth(piece);
  };
  for (const piece of unbreakable(text.trimStart())) {
    if (textWidth(piece.trimEnd()) <= room) add(piece);
    else {
      // No line holds it: it begins one, and is broken where it must be.
      end();
      for (const part of partsOf(piece)) add(part);
    }
  }
  return [...lines, line.trimEnd()];
}

const MOST_AT_END = 4;
const MAY_CLOSE = /[\p{P} ]/u;

/** What stands for one character each, and for the last one with the punctuation that closes it. */
function partsOf(word: string): readonly string[] {
  const all = pieces(word);
  let last = all.length - 1;
  while (last > 0 && all.length - last < MOST_AT_END && MAY_CLOSE.test(all[last] ?? '')) last--;
  return [...all.slice(0, last), all.slice(last).join('')];
}

/** SGR, as picocolors writes it. ECMA-48 §8.3.117. */
// eslint-disable-next-line no-control-regex -- it begins with one
const COLOUR = /\u001b\[(\d+)m/g;

const sgr = (code: number): string => `\u001b[${String(code)}m`;

/** What ends a style or a colour. */
function endOf(code: number): number {
  if (code < 10) return code === 1 ? 22 : code + 20;
  return (code >= 40 && code < 50) || code >= 100 ? 49 : 39;
}

/** The lines of `text` in its colours again, each by itself: what goes on in the next ends with the line, and begins anew. */
function coloured(text: string, lines: readonly string[]): readonly string[] {
  const plain = text.replace(COLOUR, '');
  if (plain === text) return lines;
  let removed = 0;
  const codes = Array.from(text.matchAll(COLOUR), ({ 0: { length }, 1: code, index }) => {
    removed += length;
    return { at: index + length - removed, code: Number(code) };
  });
  let end = 0;
  return lines.map((line) => {
    const start = plain.indexOf(line, end);
    end = start + line.length;
    let shown = begunBy(codes.filter(({ at }) => at <= start))
      .map(sgr)
      .join('');
    let from = start;
    for (const { at, code } of codes.filter((one) => one.at > start && one.at < end)) {
      shown += plain.slice(from, at) + sgr(code);
      from = at;
    }
    const ends = begunBy(codes.filter(({ at }) => at < end)).map((code) => sgr(endOf(code)));
    return shown + plain.slice(from, end) + ends.reverse().join('');
  });
}

const ENDS: readonly number[] = [22, 23, 24, 25, 27, 28, 29, 39, 49];

/** What these codes have begun and not ended. */
const begunBy = (codes: readonly { readonly code: number }[]): readonly number[] =>
  codes.reduce<readonly number[]>(
    (begun, { code }) => (ENDS.includes(code) ? begun.filter((one) => endOf(one) !== code) : [...begun, code]),
    [],
  );
