/** The beginning of the program: its version at once, all else by `program.ts`. */
import { letReadersGo } from './stdout.js';
import { version } from './version.js';

/** Runs it with the arguments behind its name. Sets `process.exitCode`; never exits. */
export async function main(argv: readonly string[]): Promise<void> {
  letReadersGo();
  const [first = ''] = argv;
  if (first === '--version' || first === '-V') process.stdout.write(`${version()}\n`);
  else await (await import('./program.js')).runProgram(argv);
}
