/** `--student`: the name that a student's numbers are made of, as it may stand in a file of answers. */
import { InvalidArgumentError, Option } from 'commander';
import { told } from './told.js';
import { isStudentName } from '../exercise/answers.js';

export const studentOption = (description: string): Option =>
  new Option('--student <name>', description).argParser((name) => {
    if (isStudentName(name)) return name;
    throw new InvalidArgumentError(
      told({
        en: 'A name has up to 100 characters, not all of them blank, and no control characters.',
        zh: '名字至多 100 个字符，不能全为空白，也不能含控制字符。',
      }),
    );
  });
