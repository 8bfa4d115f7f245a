/** Reading packetdrill's text piece by piece: the first thing that does not fit is kept, with its column. */

/** Why a text is no packet. */
export interface NotationError {
  /** The whole text. */
  readonly text: string;
  /** Where it stops making sense, counted from 1. */
  readonly column: number;
  /** What was expected there. */
  readonly message: string;
  /** The same in Chinese. */
  readonly zh: string;
}

/** How far a text has been read. After an error nothing more is taken. */
export interface Cursor {
  readonly text: string;
  at: number;
  error: NotationError | undefined;
}

/** Records what is wrong at `at`, unless something before it was. */
export const fail = (cursor: Cursor, message: string, zh: string, at: number): void => {
  const spaces = /\s*/y;
  spaces.lastIndex = at;
  const column = at + (spaces.exec(cursor.text)?.[0].length ?? 0) + 1;
  cursor.error ??= { text: cursor.text, column, message, zh };
};

/** Takes what a sticky pattern matches behind white space; undefined, and nothing taken, where it does not. */
export const take = (cursor: Cursor, sticky: RegExp): string | undefined => {
  if (cursor.error !== undefined) return undefined;
  const spaces = /\s*/y;
  spaces.lastIndex = cursor.at;
  sticky.lastIndex = cursor.at + (spaces.exec(cursor.text)?.[0].length ?? 0);
  const start = sticky.lastIndex;
  const match = sticky.exec(cursor.text)?.[0];
  if (match === undefined) return undefined;
  cursor.at = start + match.length;
  return match;
};

/** Takes one character of punctuation, or fails. */
export const expect = (cursor: Cursor, character: string): void => {
  const at = cursor.at;
  if (take(cursor, new RegExp(`\\${character}`, 'y')) === undefined)
    fail(cursor, `expected ${character}`, `应为 ${character}`, at);
};

/** Takes `name` as a whole word; says whether it stands there. */
export const word = (cursor: Cursor, name: string): boolean =>
  take(cursor, new RegExp(`${name}\\b`, 'y')) !== undefined;

/** Takes an unsigned integer of at most `bits` bits, decimal or 0x…; fails and gives 0 where there is none. */
export const integer = (cursor: Cursor, name: string, bits: number): number => {
  const at = cursor.at;
  const text = take(cursor, /0x[0-9a-fA-F]+|\d+/y);
  const value = Number(text ?? Number.NaN);
  if (value < 2 ** bits) return value;
  if (text === undefined) fail(cursor, `expected a number: ${name}`, `应为一个数：${name}`, at);
  else fail(cursor, `${name} does not fit in ${bits} bits`, `${name} 超出 ${bits} 位`, at);
  return 0;
};

/** An error as two lines: the text, and a caret under the column, with what was expected. */
export const formatNotationError = (
  { text, column, message, zh }: NotationError,
  language: 'en' | 'zh' = 'en',
): string => `${text}\n${' '.repeat(column - 1)}^ ${language === 'zh' ? zh : message}`;
