/** `rawshake doctor`: what this machine can do, and what to do about the rest. */
import { Command, Option } from 'commander';
import { colours } from '../report/colours.js';
import type { Language } from '../error.js';
import type { Diagnosis } from '../lab/diagnosis.js';
import { examine } from '../lab/doctor.js';
import { createLab, type Lab } from '../lab/lab.js';
import { throwIfInterrupted } from '../lab/until.js';
import { printableData } from '../printable.js';
import { requireLinux } from '../linux/platform.js';
import { isRootless } from '../linux/user-namespace.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { languageOf, printJson, printText } from './output.js';
import { rerunIfRefused } from './rootless.js';

interface Options {
  readonly json?: boolean;
  readonly lang?: Language;
}

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('try everything that the main job needs, and say what to do about what is missing')
    .option('--json', 'print one JSON document')
    .addOption(new Option('--lang <language>', 'language of the lines').choices(['en', 'zh']))
    .addHelpText('after', '\nExample:\n  rawshake doctor\n')
    .action(run);

async function run(options: Options): Promise<void> {
  requireLinux();
  const diagnoses = await interruptible('doctor', () => {
    const found = examine(openLab);
    throwIfInterrupted();
    return Promise.resolve(found);
  });
  const language = languageOf(options);
  const ok = diagnoses.every((diagnosis) => diagnosis.ok || !diagnosis.needed);
  if (options.json === true) {
    const checks = diagnoses.map(({ name, ok: passed, detail, hint }) => ({
      name,
      ok: passed,
      detail: detail[language],
      hint: hint?.[language] ?? null,
    }));
    printJson({ command: 'doctor', version: 1, ok, rootless: isRootless(), checks });
  } else printText(diagnoses.map((diagnosis) => line(diagnosis, language)).join(''));
  process.exitCode = ok ? EXIT.asExpected : EXIT.missing;
}

function openLab(): Lab {
  try {
    return createLab();
  } catch (error) {
    rerunIfRefused(error);
    throw error;
  }
}

const NAME_WIDTH = 16;

function line(diagnosis: Diagnosis, language: Language): string {
  const { name, ok, needed, detail, hint } = printableData(diagnosis, ['hint']);
  const mark = ok ? colours.green('ok  ') : needed ? colours.red('FAIL') : colours.yellow('none');
  const indent = ' '.repeat(NAME_WIDTH + 6);
  const advice = hint === undefined ? '' : `${indent}${hint[language].trimEnd().replaceAll('\n', `\n${indent}`)}\n`;
  return `${mark}  ${name.padEnd(NAME_WIDTH)}${detail[language]}\n${advice}`;
}
