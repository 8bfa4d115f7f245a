/** What the filters need of a host: its administration programs, run in the network namespace that they are to change. */

/** A program and its arguments; never a shell line. */
export type Argv = readonly [string, ...string[]];

export interface FilterHost {
  /**
   * Runs a program to its end; gives its stdout.
   * @throws {RawshakeError} RS_MISSING_TOOL, RS_COMMAND_FAILED
   */
  run(argv: Argv): string;
}
