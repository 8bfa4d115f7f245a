/** Text as an attacker writes it, put wherever a report takes text; and what must not come out again. */
import fc from 'fast-check';

/** Each is there for a reader that it would mislead: a terminal, a browser, a spreadsheet, a shell, a parser. */
const FRAGMENTS = [
  // Terminals: clear the screen, a title, a colour, a link, C1's CSI, backspaces, a line of one's own.
  ...[
    '\u001b[2J',
    '\u001b]0;owned\u0007',
    '\u001b[31m',
    '\u001b]8;;http://evil\u001b\\',
    '\u009b2J',
    'ok\b\b',
    '\u007f',
  ],
  ...['\nrawshake: forged\n', '\r\n', '\r', '\t', '\v\f', '\u0085', '\u2028', '\u2029', '\0'],
  // What hides and what reorders.
  ...[
    '\u202e',
    '\u2066',
    '\u2069',
    '\u200e',
    '\u061c',
    '\u200b',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u180e',
    '\u3164',
    '\u2800',
  ],
  ...['\u{e0041}', '\u{e0101}', '\ufff9', '\uffff', '\ud800', '\udc00', '\ufffd', '👩\u200d💻', '😀', '王小明'],
  // Markup.
  ...[
    '</script><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onclick='x",
    ']]>',
    '<!--',
    '&lt;',
    '&',
  ],
  // Mermaid and Markdown.
  ...[
    ';',
    '#35;',
    '%%{init: {}}%%',
    '%% ',
    '$$x$$',
    '\\n',
    '\n  end\n',
    'wrap: ',
    ' NoWrap:',
    '```',
    '\n# x',
    '[x](http://evil)',
  ],
  // Spreadsheets.
  ...['=cmd()', '  =1', '+1', '-1', '@x', '\uff1d1', '\u00a0\uff0b1', ';=1', ';"=1";', ',', '"', '""', '\t=1'],
  // Shells, and what looks escaped already.
  ...['$(touch x)', '`id`', "'", '\\', '\\u001b', '!x', 'plain', ' ', 'a'.repeat(50)],
];

/** Never empty. */
export const hostileText = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ unit: 'binary', maxLength: 4 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((fragments) => fragments.join(''))
  .filter((text) => text !== '');

/** All of them at once. */
export const WORST_TEXT = FRAGMENTS.join('|');

/**
 * What no document may hold as it is. Written down here once more, by code points, so that a hole in the program's own
 * list is found.
 */
export function raw(text: string): string[] {
  const found = Array.from(text).filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    const isIn = (...ranges: readonly (readonly [number, number])[]): boolean =>
      ranges.some(([from, to]) => code >= from && code <= to);
    return (
      character !== '\n' &&
      isIn(
        ...([
          [0, 0x1f],
          [0x7f, 0x9f],
          [0xad, 0xad],
          [0x34f, 0x34f],
          [0x61c, 0x61c],
          [0x115f, 0x1160],
        ] as const),
        ...([
          [0x17b4, 0x17b5],
          [0x180b, 0x180f],
          [0x200b, 0x200f],
          [0x2028, 0x202e],
          [0x2060, 0x206f],
        ] as const),
        ...([
          [0x2800, 0x2800],
          [0x3164, 0x3164],
          [0xd800, 0xdfff],
          [0xfe00, 0xfe0f],
          [0xfeff, 0xfeff],
          [0xffa0, 0xffa0],
        ] as const),
        ...([
          [0xfff0, 0xfffb],
          [0xfffd, 0xffff],
          [0xe0000, 0xe0fff],
        ] as const),
      )
    );
  });
  if (/\p{M}{9}/u.test(text)) found.push('\u0301');
  return [...new Set(found.map((character) => `U+${(character.codePointAt(0) ?? 0).toString(16)}`))];
}

/** Words of closed lists are no text from outside, nor are addresses, nor what is made of a packet's bytes. */
interface Spared {
  readonly words: ReadonlySet<string>;
  readonly fields: ReadonlySet<string>;
}

const ADDRESS = /^[\da-f.:]*[.:][\da-f.:]*$/;

/** Fields whose names, too, come from outside. */
const RECORDS: ReadonlySet<string> = new Set(['options', 'args', 'variables']);

/** The same data with `text` in place of every string: a field that is new is filled by itself. */
export function everywhere<T>(data: T, text: string, spared: Spared): T {
  const fill = (value: unknown, names: boolean): unknown => {
    if (typeof value === 'string') return spared.words.has(value) || ADDRESS.test(value) ? value : text;
    if (Array.isArray(value)) return value.map((item) => fill(item, false));
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, field]): [string, unknown] => [
        names ? `${name}${text}` : name,
        spared.fields.has(name) ? field : fill(field, RECORDS.has(name)),
      ]),
    );
  };
  return fill(data, false) as T;
}

/** Every string in it, the names of fields too. */
export function strings(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return [];
  return Object.entries(data).flatMap(([name, value]) => [...(Array.isArray(data) ? [] : [name]), ...strings(value)]);
}
