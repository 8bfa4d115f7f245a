/** `rawshake lab`: exercises. */
import { Command } from 'commander';
import { labExerciseCommand } from './lab-exercise.js';

export const labCommand = (): Command =>
  new Command('lab').description('exercises on real kernels in a private lab').addCommand(labExerciseCommand());
