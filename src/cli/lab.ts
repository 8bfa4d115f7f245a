/** `rawshake lab`: experiments, exercises, and a lab to stand in. */
import { Command } from 'commander';
import { type LazyCommands, loadCommands } from './lazy-commands.js';

const COMMANDS: LazyCommands = {
  list: async () => (await import('./lab-list.js')).labListCommand(),
  show: async () => (await import('./lab-show.js')).labShowCommand(),
  run: async () => (await import('./lab-run.js')).labRunCommand(),
  shell: async () => (await import('./lab-shell.js')).labShellCommand(),
  exercise: async () => (await import('./lab-exercise.js')).labExerciseCommand(),
  grade: async () => (await import('./lab-grade.js')).labGradeCommand(),
};

/** `rest`: what stands behind `lab`. */
export async function labCommand(rest: readonly string[]): Promise<Command> {
  const lab = new Command('lab')
    .description('experiments and exercises on real kernels in a private lab, and a shell in one')
    .addHelpText('after', '\nExample:\n  rawshake lab run no-listen\n');
  for (const command of await loadCommands(COMMANDS, rest)) lab.addCommand(command);
  return lab;
}
