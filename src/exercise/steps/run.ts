/** A step that runs a program which is not ours. */
import { SYSTEM_PATH } from '../../linux/process/command.js';
import { requireProgram } from '../../linux/process/find-program.js';
import type { Play } from '../play.js';
import type { Actions } from '../step-schema.js';

const DEFAULT_MS = 5000;
const DEFAULT_MIB = 512;

export async function run(play: Play, step: Actions['run']): Promise<void> {
  const { at: host, command, files = {}, memory, background = false } = step;
  const [program = '', ...words] = command.map((word) => play.text(word));
  // What lies in its folder is looked for when it starts; that this machine lacks a program is no fault of an answer.
  if (!program.includes('/')) requireProgram(program, { cwd: '/', path: SYSTEM_PATH.join(':') });
  await play.foreign.run({
    ...{ host, argv: [program, ...words], background },
    step: play.checks.path,
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, play.text(text)])),
    mostMs: step.for ?? DEFAULT_MS,
    memoryMiB: memory === undefined ? DEFAULT_MIB : play.number(memory),
  });
}
