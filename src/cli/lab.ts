/** `rawshake lab`: experiments, exercises, and a lab to stand in. */
import { Command } from 'commander';
import { type LazyCommands, loadCommands } from './lazy-commands.js';
import { exampleText, told } from './told.js';

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
    .description(
      told({
        en: 'experiments and exercises on real kernels in a private lab, and a shell in one',
        zh: '在私有实验环境中用真实内核做实验和练习，也可在其中打开 shell',
      }),
    )
    .addHelpText('after', exampleText('rawshake lab run no-listen'));
  for (const command of await loadCommands(COMMANDS, rest)) lab.addCommand(command);
  return lab;
}
