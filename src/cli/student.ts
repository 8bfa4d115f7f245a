/** `--student`: the name that a student's numbers are made of, as it may stand in a file of answers. */
import { InvalidArgumentError, Option } from 'commander';
import { isStudentName } from '../exercise/answers.js';

export const studentOption = (description: string): Option =>
  new Option('--student <name>', description).argParser((name) => {
    if (isStudentName(name)) return name;
    throw new InvalidArgumentError(
      'A name has up to 100 characters, not all of them blank, and no control characters.',
    );
  });
