/** What a text may have of what costs the parser time or stack, found out before anything recurses into it: composing, checking and printing do. */
import { CST, Lexer, Parser } from 'yaml';
import type { Text } from '../error.js';

/** Far deeper than what a person writes, and far shallower than what a stack holds. */
export const MOST_LEVELS = 100;

/** Each is looked for among all anchors. */
const MOST_ALIASES = 100;

/** Brackets, commas, words, lines: more than the longest exercise has, and no more than is read in a moment. */
const MOST_TOKENS = 1 << 18;

export const TOO_DEEP: Text = {
  en: `nested deeper than ${String(MOST_LEVELS)} levels`,
  zh: `嵌套超过 ${String(MOST_LEVELS)} 层`,
};

const TOO_MANY_ALIASES: Text = {
  en: `more than ${String(MOST_ALIASES)} aliases (*)`,
  zh: `别名（*）超过 ${String(MOST_ALIASES)} 个`,
};

const TOO_MANY_TOKENS: Text = {
  en: `more than ${String(MOST_TOKENS)} words and signs`,
  zh: `词和符号超过 ${String(MOST_TOKENS)} 个`,
};

/** Something wrong with a text, and its offset in it. */
export interface Fault {
  readonly at: number;
  readonly why: Text;
}

/**
 * Where a text first has too much of something; undefined where it does not. The parser itself does not recurse.
 * @param onNewLine told of the offset of each line up to there
 */
export function excessIn(text: string, onNewLine: (offset: number) => void): Fault | undefined {
  const parser = new Parser(onNewLine);
  let [tokens, aliases, before] = [0, 0, ''];
  onNewLine(0); // as `parse` does
  for (const token of new Lexer().lex(text)) {
    const at = parser.offset;
    // Behind the mark of a scalar comes its text, whatever that begins with.
    if (before !== CST.SCALAR && CST.tokenType(token) === 'alias') aliases++;
    tokens++;
    before = token;
    // What is complete then is of no use here: it is enough that it is asked for.
    Array.from(parser.next(token));
    if (parser.stack.length > MOST_LEVELS) return { at, why: TOO_DEEP };
    if (aliases > MOST_ALIASES) return { at, why: TOO_MANY_ALIASES };
    if (tokens > MOST_TOKENS) return { at, why: TOO_MANY_TOKENS };
  }
  return undefined;
}
