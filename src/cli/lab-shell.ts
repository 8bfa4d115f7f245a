/** `rawshake lab shell`: a lab to stand in, as long as its shell lives. */
import { Argument, Command } from 'commander';
import type { RawshakeError } from '../error.js';
import { usageError } from './usage.js';
import type { EndName } from '../evidence/host.js';
import { handoutOf } from '../exercise/handout.js';
import { openScene } from '../exercise/scene.js';
import { shellLine } from '../filter/shell.js';
import { createLab, type Lab } from '../lab/lab.js';
import type { LabHost } from '../lab/host.js';
import { throwIfInterrupted } from '../lab/until.js';
import { LabWatch } from '../linux/namespace/lab-watch.js';
import { type Ended, endProcessesIn } from '../linux/namespace/namespace-processes.js';
import { requireLinux } from '../linux/libc/platform.js';
import { runShell } from '../linux/namespace/shell.js';
import { nsenterArgv } from '../linux/namespace/user-namespace.js';
import { exerciseSceneText } from '../report/exercise-scene-text.js';
import { labShellText } from '../report/lab-shell-text.js';
import { leaveSignals } from './early.js';
import { exerciseNamed } from './exercise-named.js';
import { EXIT } from './exit-code.js';
import { interruptible } from './interrupt.js';
import { type CommonOptions, languageOf, note, printText, viewOf } from './output.js';
import { rerunIfRefused } from './rootless.js';
import { studentOption } from './student.js';
import { allTaken, neverWaitForTerminals } from './terminal.js';
import { languageOption } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options extends CommonOptions {
  readonly exercise?: string;
  readonly student?: string;
}

export const labShellCommand = (): Command =>
  new Command('shell')
    .description(
      told({
        en: 'open a shell in one host of a lab; the lab is gone when the shell ends',
        zh: '在实验环境的一台主机中打开 shell；shell 结束，环境即消失',
      }),
    )
    .addArgument(
      new Argument('[host]', told({ en: 'where', zh: '在哪台主机' })).choices(['client', 'server']).default('client'),
    )
    .option(
      '--exercise <file>',
      told({ en: 'a lab as at the beginning of this exercise', zh: '与这个练习开始时相同的实验环境' }),
    )
    .addOption(studentOption(told({ en: 'with the numbers of this student', zh: '采用这名学生的数值' })))
    .addOption(languageOption())
    .addHelpText('after', exampleText('rawshake lab shell server', 'rawshake lab shell --exercise 02 --student alice'))
    .action(run);

async function run(name: EndName, options: Options): Promise<void> {
  if (options.student !== undefined && options.exercise === undefined) throw studentOfNothing();
  requireLinux();
  if (options.exercise !== undefined) {
    await runInExercise(name, options.exercise, options);
    return;
  }
  const lab = await interruptible('lab shell', () => orRerun(openLab()));
  try {
    await runIn(lab, name, options);
  } finally {
    lab.close();
  }
}

async function runInExercise(name: EndName, file: string, options: Options): Promise<void> {
  const exercise = await exerciseNamed(file, 'lab shell');
  const opened = await interruptible('lab shell', (signal) => orRerun(openScene(exercise, options.student, signal)));
  try {
    const { lab, scene } = opened;
    printText(exerciseSceneText(handoutOf(exercise, options.student), scene, viewOf(options)));
    await runIn(lab, name, options, scene.variables);
  } finally {
    await opened.close();
  }
}

/** In a user namespace, where root is refused. */
async function orRerun<T>(opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    rerunIfRefused(error);
    throw error;
  }
}

async function runIn(
  lab: Lab,
  name: EndName,
  options: Options,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const language = languageOf(options);
  printText(labShellText(name, { client: hostWords(lab.client), server: hostWords(lab.server) }, language));
  const watch = new LabWatch(lab.client.netns, lab.server.netns);
  let interrupted: boolean;
  let ended: Ended;
  try {
    await allTaken(); // before the shell writes
    const shell = runShell(lab[name].netns, {
      prompt: `lab:${name}`,
      variables: { ...variables, ...RAWSHAKE },
    });
    const takeBack = leaveSignals(); // they are the shell's
    interrupted = await shell.finally(takeBack);
    neverWaitForTerminals();
    ended = await endProcessesIn([lab.client.netns, lab.server.netns], watch.pid);
  } finally {
    watch.close();
  }
  const { found, left } = ended;
  if (left.length > 0) note(LEFT(left)[language]);
  else if (found > 0) note(ENDED(found)[language]);
  // How the shell ended is its user's affair.
  process.exitCode = interrupted ? EXIT.interrupted : EXIT.asExpected;
}

const studentOfNothing = (): RawshakeError =>
  usageError(
    {
      en: '--student names whose numbers an exercise has, and there is no exercise',
      zh: '--student 指明练习采用谁的数值，而这里没有练习',
    },
    {
      en: 'Add --exercise FILE.yaml, or leave --student out.',
      zh: '请加上 --exercise FILE.yaml，或去掉 --student。',
    },
  );

/** This very program by its name, as a function that bash takes from the environment: it need not be installed. */
const RAWSHAKE = {
  'BASH_FUNC_rawshake%%': `() { ${shellLine([process.execPath, process.argv[1] ?? ''])} "$@"; }`,
};

// eslint-disable-next-line @typescript-eslint/require-await -- what goes wrong is to be a rejection
async function openLab(): Promise<Lab> {
  const lab = createLab();
  throwIfInterrupted(); // it goes with this process
  return lab;
}

const hostWords = (host: LabHost) => ({
  addresses: [host.address(4), host.address(6)],
  enter: shellLine(nsenterArgv(host.netns)),
});

const LEFT = (pids: readonly number[]) => ({
  en: `programs of the lab still run, though they were killed, and may make others: process ${pids.join(', ')}`,
  zh: `实验室中的程序被杀死后仍在运行，并可能产生新的进程：进程 ${pids.join('、')}`,
});

const ENDED = (count: number) => ({
  en: `the lab is gone, and with it ${String(count)} program${count === 1 ? '' : 's'} that still ran in it`,
  zh: `实验室已撤除，其中仍在运行的 ${String(count)} 个程序也已结束`,
});
