/** The beginning of the program: its version at once, all else by `program.ts`, with which come packages of others. */
import { seeToStreams } from './streams.js';
import { version } from './version.js';

/** Runs it with the arguments behind its name. Sets `process.exitCode`; never exits. */
export async function main(argv: readonly string[]): Promise<void> {
  seeToStreams();
  const [first = ''] = argv;
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  const { requirePackages } = await import('../linux/process/packages.js');
  requirePackages();
  await (await import('./program.js')).runProgram(argv);
}
