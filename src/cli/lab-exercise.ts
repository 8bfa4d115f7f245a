/** `rawshake lab exercise`: a scripted exercise, shown, run, or graded with a student's answers. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import type { ExerciseRun } from '../evidence/exercise.js';
import { handoutOf } from '../exercise/handout.js';
import { type Answers, readAnswers, readExercise } from '../exercise/read.js';
import { runExercise } from '../exercise/run.js';
import { requireLinux } from '../linux/platform.js';
import { isRootless } from '../linux/user-namespace.js';
import { exerciseJson, handoutJson } from '../report/exercise-json.js';
import { exerciseJunit } from '../report/exercise-junit.js';
import { exerciseText, handoutText } from '../report/exercise-text.js';
import { EXIT } from './exit-code.js';
import { writeFile, writeFiles } from './file.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { withLab } from './rootless.js';
import { studentOption } from './student.js';

interface Options extends CommonOptions {
  readonly answers?: string;
  readonly student?: string;
  readonly junit?: string;
}

export const labExerciseCommand = (): Command =>
  new Command('exercise')
    .description('show a scripted exercise; with answers, run them against real kernels and give the points')
    .argument('<file>', 'an exercise in YAML, such as those in exercises/')
    .option('--answers <file>', "a student's answers in YAML")
    .addOption(studentOption('show it with the numbers of this student'))
    .option('--junit <file>', 'write the results in JUnit XML')
    .option('--json', 'print one JSON document')
    .addOption(new Option('--lang <language>', 'language of the explanations').choices(['en', 'zh']))
    .addHelpText('after', '\nExample:\n  rawshake lab exercise exercises/01-first-ack.yaml --answers answers.yaml\n')
    .action(run);

async function run(file: string, options: Options): Promise<void> {
  const exercise = readExercise(file);
  const answers = options.answers === undefined ? undefined : readAnswers(options.answers);
  const language = languageOf(options);
  if (answers === undefined && exercise.questions.length > 0) {
    const handout = handoutOf(exercise, options.student);
    if (options.json === true) printJson(handoutJson(handout, language));
    else printText(handoutText(handout, file, viewOf(options)));
    process.exitCode = EXIT.asExpected;
    return;
  }
  requireLinux();
  const student = answers?.student ?? options.student;
  const given: Answers = { answers: answers?.answers ?? {}, ...(student !== undefined && { student }) };
  const result = await withLab('lab exercise', options, (signal) => runExercise(exercise, { answers: given, signal }));
  process.exitCode = result.ok ? EXIT.asExpected : EXIT.notAsExpected;
  report(result, options);
}

function report(run: ExerciseRun, options: Options): void {
  const language = languageOf(options);
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  if (options.json === true) printJson(exerciseJson(run, context, language));
  else printText(exerciseText(run, viewOf(options)));
  const { junit } = options;
  if (junit !== undefined) writeFiles([() => writeFile(junit, exerciseJunit(run, language))], options);
}
