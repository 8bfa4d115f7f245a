/** Commands as a person pastes them into a shell. */
import { printable } from '../printable.js';

/** `!` followed by a space or `=` is nobody's history. */
const PLAIN = /^(!=?|[\w./:=,@%+-]+)$/;

function quoted(word: string): string {
  if (PLAIN.test(word)) return word;
  const shown = printable(word.replace(/[\\']/g, '\\$&'));
  // What cannot be shown as it is has a quotation of its own, in which bash and zsh read the same escapes.
  if (shown !== word.replace(/[\\']/g, '\\$&')) return `$'${shown}'`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** One line for a POSIX shell that runs exactly these arguments; printable, whatever they are. */
export const shellLine = (argv: readonly string[]): string => argv.map(quoted).join(' ');
