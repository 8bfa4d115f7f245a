/** `rawshake lab exercise`: a scripted exercise, shown, run, or graded with a student's answers. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import { RawshakeError } from '../error.js';
import type { ExerciseRun } from '../evidence/exercise.js';
import { explainExercise } from '../exercise/explain.js';
import { handoutOf } from '../exercise/handout.js';
import { type Answers, readAnswers } from '../exercise/answers.js';
import { runExercise } from '../exercise/run.js';
import { requireLinux } from '../linux/libc/platform.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { explainJson, explainText } from '../report/exercise-explain.js';
import { exerciseJson, handoutJson } from '../report/exercise-json.js';
import { exerciseJunit } from '../report/exercise-junit.js';
import { exerciseText, handoutText } from '../report/exercise-text.js';
import { copyCourse, listCourse } from './course.js';
import { exerciseNamed } from './exercise-named.js';
import { EXIT } from './exit-code.js';
import { writeFile, writeFiles } from './file.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { withLab } from './rootless.js';
import { studentOption } from './student.js';
import { languageOption } from './view-options.js';

interface Options extends CommonOptions {
  readonly list?: boolean;
  readonly copy?: string;
  readonly explain?: boolean;
  readonly answers?: string;
  readonly student?: string;
  readonly junit?: string;
}

export const labExerciseCommand = (): Command =>
  new Command('exercise')
    .description('show a scripted exercise; with answers, run them against real kernels and give the points')
    .argument('[exercise]', 'a file in YAML, or the number or name of one that comes with rawshake, such as 01')
    .option('--list', 'list the exercises that come with rawshake')
    .option('--copy <folder>', 'copy them into a folder, with solutions and the schema for editors')
    .addOption(
      new Option('--explain', 'show its steps, and whose points each check decides, without running them').conflicts([
        ...['list', 'copy', 'answers', 'student', 'junit'],
      ]),
    )
    .option('--answers <file>', "a student's answers in YAML")
    .addOption(studentOption('show it with the numbers of this student'))
    .option('--junit <file>', 'write the results in JUnit XML')
    .option('--json', 'print one JSON document')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nExample:\n  rawshake lab exercise --list\n  rawshake lab exercise 01 --answers answers.yaml\n  rawshake lab exercise 01 --explain\n',
    )
    .action(run);

async function run(named: string | undefined, options: Options): Promise<void> {
  const { list, copy } = options;
  if ([named, list, copy].filter((given) => given !== undefined).length !== 1) throw notOne();
  if (named !== undefined) await runOne(named, options);
  else if (copy !== undefined) copyCourse(copy, options);
  else listCourse(options);
}

const notOne = (): RawshakeError =>
  new RawshakeError('RS_USAGE', 'usage: one of: the name of an exercise, --list, --copy <folder>', {
    hint: { en: 'See what there is: rawshake lab exercise --list', zh: '查看有哪些练习：rawshake lab exercise --list' },
  });

async function runOne(named: string, options: Options): Promise<void> {
  const exercise = await exerciseNamed(named, 'lab exercise');
  const answers = options.answers === undefined ? undefined : readAnswers(options.answers);
  const language = languageOf(options);
  if (options.explain === true) {
    const explained = explainExercise(exercise);
    if (options.json === true) printJson(explainJson(explained, language));
    else printText(explainText(explained, viewOf(options)));
    return;
  }
  if (answers === undefined && exercise.questions.length > 0) {
    const handout = handoutOf(exercise, options.student);
    if (options.json === true) printJson(handoutJson(handout, language));
    else printText(handoutText(handout, named, viewOf(options)));
    process.exitCode = EXIT.asExpected;
    return;
  }
  requireLinux();
  const student = answers?.student ?? options.student;
  const given: Answers = { answers: answers?.answers ?? {}, ...(student !== undefined && { student }) };
  const result = await withLab('lab exercise', options, (signal) => runExercise(exercise, { answers: given, signal }));
  process.exitCode = result.ok ? EXIT.asExpected : EXIT.notAsExpected;
  await report(result, options);
}

async function report(run: ExerciseRun, options: Options): Promise<void> {
  const language = languageOf(options);
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  if (options.json === true) printJson(exerciseJson(run, context, language));
  else printText(exerciseText(run, viewOf(options)));
  const { junit } = options;
  const writes = junit === undefined ? [] : [() => writeFile(junit, () => exerciseJunit(run, language))];
  await writeFiles('lab exercise', writes, options);
}
