/**
 * Text from outside made fit to be shown: whatever would move the cursor, reorder the line, hide in it, or end it, is
 * written out as JSON writes it: `\n`, `\u001b`, `\u202e`. Stands outside the layers, like `error.ts`; every report
 * and every message goes through it. Data keep the text as it came, and bytes that are passed on are never changed.
 *
 * A backslash stays one, so that what was made printable is left as it is when it comes by once more. What has to differ
 * from all others when it is shown, the name of a file, is made so before: `nameOf`.
 */
import { isUtf8 } from 'node:buffer';

/**
 * Fillers and selectors that show nothing, and what is drawn as nothing though Unicode takes it for a letter or sign: the
 * blank of Braille, the blanks of hieroglyphs, Khitan's filler, the null note head.
 */
const SHOWS_NOTHING = String.raw`\p{Default_Ignorable_Code_Point}\u{16FE4}\u{2800}\u{13441}\u{13442}\u{1D159}`;

/** Marks on one letter, beyond which they are no writing and smear over the lines above and below. */
const MOST_MARKS = 8;

/**
 * Controls (C0, DEL, C1), formats (bidi, zero width, BOM, tags), private use, which each font draws as it likes, lone
 * surrogates, separators of lines and paragraphs, what shows nothing, noncharacters, marks without end; and U+FFFD, which is what became of bytes that were no UTF-8.
 */
const HIDDEN = new RegExp(
  String.raw`[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u{FFFD}${SHOWS_NOTHING}]` +
    String.raw`|\p{M}(?<=\p{M}{${String(MOST_MARKS + 1)}})`,
  'gu',
);

const BLANK = new RegExp(String.raw`^[\s${SHOWS_NOTHING}]*$`, 'u');

/** Whether there is nothing to be seen of a text. */
export const isBlank = (text: string): boolean => BLANK.test(text);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A character in the notation of JSON; beyond U+FFFF as the pair that it is there. RFC 8259 §7. */
const escaped = (character: string): string =>
  SHORT[character] ??
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** What nearly all text is, line breaks apart. It needs no look at Unicode's tables, whose first one takes a start 25 ms. */
const PLAIN = /^[\n -~]*$/;

/** For a name, a value, a message: stays within its line. */
export const printable = (text: string): string =>
  PLAIN.test(text) ? text.replaceAll('\n', '\\n') : text.replace(HIDDEN, escaped);

/** For prose, such as the text of an exercise: its line breaks stay, and a tab is white space. */
export const printableLines = (text: string): string =>
  unlessPlain(text.replace(/\r\n/g, '\n').replaceAll('\t', '    '));

const unlessPlain = (text: string): string => (PLAIN.test(text) ? text : text.replace(HIDDEN, unlessLineBreak));

const unlessLineBreak = (character: string): string => (character === '\n' ? character : escaped(character));

/**
 * Plain data with every text in them printable, the names of fields too: what a report begins with. A field that is
 * added later is thus shown right without anybody's doing. Where there is nothing to escape, the very same data.
 * @param prose names of the fields that hold prose, with all below them
 */
export const printableData = <T>(data: T, prose: readonly string[] = []): T => shown(data, printable, prose) as T;

function shown(data: unknown, show: (text: string) => string, prose: readonly string[]): unknown {
  if (typeof data === 'string') return show(data);
  if (Array.isArray(data)) {
    const items: unknown[] = data.map((item) => shown(item, show, prose));
    return items.every((item, i) => Object.is(item, data[i])) ? data : items;
  }
  if (!isPlain(data)) return data;
  const fields = Object.entries(data);
  const copied = fields.map(([name, value]): [string, unknown] => [
    printable(name),
    shown(value, prose.includes(name) ? printableLines : show, prose),
  ]);
  const isSame = copied.every(([name, value], i) => name === fields[i]?.[0] && Object.is(value, fields[i][1]));
  return isSame ? data : Object.fromEntries(copied);
}

/** Bytes, functions and what has a class are not text. */
const isPlain = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && [Object.prototype, null].includes(Object.getPrototypeOf(data) as null);

/** A JSON document that says exactly what `data` say, and has nothing in it that acts on a terminal. */
export const jsonText = (data: unknown, indent?: number): string =>
  // Within strings the line breaks are escaped already: those that are left are the document's.
  unlessPlain(JSON.stringify(data, null, indent));

/** What an escape looks like behind its backslash; `x` is what `nameOf` writes. */
const ESCAPE = 'u[0-9a-f]{4}|x[0-9A-F]{2}|[nrt]';

/** A backslash of a name that would be taken for one of ours. */
const LOOKS_ESCAPED = new RegExp(`\\\\(?=${ESCAPE})`, 'g');

/**
 * A file name as text: what of it is no UTF-8, byte by byte as `\xE9`, and a backslash where the name would read as if
 * something were escaped in it, as `\x5C`. So no two names are the same, nor are they when they are made printable.
 */
export function nameOf(bytes: Buffer): string {
  // Each byte a character: those of an escape are ASCII, which no byte of another character is (RFC 3629 §3).
  const plain = Buffer.from(bytes.toString('latin1').replace(LOOKS_ESCAPED, '\\x5C'), 'latin1');
  if (isUtf8(plain)) return plain.toString();
  let name = '';
  for (let at = 0; at < plain.length;) {
    const length = [1, 2, 3, 4].find((count) => at + count <= plain.length && isUtf8(plain.subarray(at, at + count)));
    name +=
      length === undefined
        ? `\\x${plain.toString('hex', at, at + 1).toUpperCase()}`
        : plain.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return name;
}

/** What is cut nowhere but between two of them: an escape, a pair of surrogates, a character. */
const PIECE = new RegExp(`\\\\(?:${ESCAPE})|[^]`, 'gu');

const LONGEST_PIECE = '\\u0000'.length;

/** The pieces of a text that is printable already. */
export const pieces = (text: string): readonly string[] => text.match(PIECE) ?? [];

/** The beginning of a text, of at most so many characters, no piece of it cut in half; `mark` where something is left out. */
export function beginning(text: string, most: number, mark = '…'): string {
  if (text.length <= most) return text;
  let length = 0;
  for (const piece of pieces(text.slice(0, most + LONGEST_PIECE))) {
    if (length + piece.length + mark.length > most) break;
    length += piece.length;
  }
  // One string of its own: many small ones joined, or a view of the whole, would take many times the memory.
  return Buffer.from(text.slice(0, length) + mark, 'utf16le').toString('utf16le');
}
