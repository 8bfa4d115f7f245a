/** Commands by their names; the module of one, and all that it needs, is loaded only where it is asked for. */
import type { Command } from 'commander';

/** Each is given the words behind its name, by which it may choose in turn. In the order of the help. */
export type LazyCommands = Readonly<Record<string, (rest: readonly string[]) => Promise<Command>>>;

/** The command that is named first; all of them for the help, and to say what is known. */
export async function loadCommands(
  commands: LazyCommands,
  [first = '', ...rest]: readonly string[],
): Promise<readonly Command[]> {
  const named = Object.hasOwn(commands, first) ? commands[first] : undefined;
  return named === undefined ? Promise.all(Object.values(commands).map((load) => load([]))) : [await named(rest)];
}
