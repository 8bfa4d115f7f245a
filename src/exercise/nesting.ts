/** How deep YAML and its values are nested, found out before anything recurses into them: composing, checking and printing do. */
import { Lexer, Parser } from 'yaml';

/** Far deeper than what a person writes, and far shallower than what a stack holds. */
export const MOST_LEVELS = 100;

/**
 * Where a text first goes deeper than `MOST_LEVELS`; undefined where it does not. The parser itself does not recurse.
 * @param onNewLine told of the offset of each line up to there
 */
export function tooDeepAt(text: string, onNewLine: (offset: number) => void): number | undefined {
  const parser = new Parser(onNewLine);
  onNewLine(0); // as `parse` does
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser;
    // What is complete then is of no use here: it is enough that it is asked for.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > MOST_LEVELS) return offset;
  }
  return undefined;
}

/** Whether a value goes deeper: by an alias (`*a`) it can go deeper than its text, or contain itself. */
export const isTooDeep = (value: unknown): boolean => levelsOf(value, MOST_LEVELS, new Map()) > MOST_LEVELS;

/** How many levels it has; of one that has more than `left`, some number that is greater. */
function levelsOf(value: unknown, left: number, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (left === 0) return 1;
  let levels = known.get(value) ?? 0;
  if (levels > 0) return levels;
  for (const inner of Object.values(value)) {
    levels = Math.max(levels, levelsOf(inner, left - 1, known));
    // At once: what contains itself several times would else be gone through again and again.
    if (levels >= left) break;
  }
  known.set(value, levels + 1);
  return levels + 1;
}
