/** A program and its arguments; never a shell line. */
export type Argv = readonly [string, ...string[]];

/** The command behind words that take one, such as `ip netns exec NAME`. */
export function behind(prefix: readonly string[], argv: Argv): Argv {
  const [first = argv[0], ...rest] = [...prefix, ...argv];
  return [first, ...rest];
}
