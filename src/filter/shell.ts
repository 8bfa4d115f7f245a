/** Commands as a person pastes them into a shell. */

/** `!` followed by a space or `=` is nobody's history. */
const PLAIN = /^(!=?|[\w./:=,@%+-]+)$/;

const quoted = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** One line for a POSIX shell that runs exactly these arguments. */
export const shellLine = (argv: readonly string[]): string => argv.map(quoted).join(' ');
