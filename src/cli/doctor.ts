/** `rawshake doctor`: what this machine can do, and what to do about the rest. */
import { Command } from 'commander';
import type { Language } from '../error.js';
import { examine } from '../lab/doctor.js';
import { createLab, type Lab } from '../lab/lab.js';
import { throwIfInterrupted } from '../lab/until.js';
import { requireLinux } from '../linux/libc/platform.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { doctorText } from './doctor-text.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { languageOf, printJson, printText, viewOf } from './output.js';
import { rerunIfRefused } from './rootless.js';
import { jsonOption, languageOption } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options {
  readonly json?: boolean;
  readonly lang?: Language;
}

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description(
      told({
        en: 'try everything that rawshake needs, and say what is missing, what that costs and what to do about it',
        zh: '逐项试验 rawshake 所需的一切，说明缺少什么、有何影响、怎么办',
      }),
    )
    .addOption(jsonOption())
    .addOption(languageOption('lines'))
    .addHelpText('after', exampleText('rawshake doctor'))
    .action(run);

async function run(options: Options): Promise<void> {
  requireLinux();
  const capabilities = await interruptible('doctor', () => {
    const found = examine(openLab);
    throwIfInterrupted();
    return Promise.resolve(found);
  });
  const language = languageOf(options);
  const ok = capabilities.every((diagnosis) => diagnosis.ok || !diagnosis.needed);
  if (options.json === true) {
    const checks = capabilities.map(({ name, ok: passed, detail, costs, hint }) => ({
      name,
      ok: passed,
      detail: detail[language],
      costs: (passed ? undefined : costs?.[language]) ?? null,
      hint: hint?.[language] ?? null,
    }));
    printJson({ command: 'doctor', version: 1, ok, rootless: isRootless(), checks });
  } else printText(doctorText(capabilities, viewOf(options)));
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
