/** `rawshake lab`: experiments, exercises, and a lab to stand in. */
import { Command } from 'commander';
import { labExerciseCommand } from './lab-exercise.js';
import { labGradeCommand } from './lab-grade.js';
import { labListCommand } from './lab-list.js';
import { labRunCommand } from './lab-run.js';
import { labShellCommand } from './lab-shell.js';
import { labShowCommand } from './lab-show.js';

export const labCommand = (): Command =>
  new Command('lab')
    .description('experiments and exercises on real kernels in a private lab, and a shell in one')
    .addCommand(labListCommand())
    .addCommand(labShowCommand())
    .addCommand(labRunCommand())
    .addCommand(labShellCommand())
    .addCommand(labExerciseCommand())
    .addCommand(labGradeCommand())
    .addHelpText('after', '\nExample:\n  rawshake lab run no-listen\n');
