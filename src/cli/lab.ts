/** `rawshake lab`: exercises. */
import { Command } from 'commander';
import { labExerciseCommand } from './lab-exercise.js';
import { labGradeCommand } from './lab-grade.js';

export const labCommand = (): Command =>
  new Command('lab')
    .description('exercises on real kernels in a private lab')
    .addCommand(labExerciseCommand())
    .addCommand(labGradeCommand());
