/** `rawshake lab exercise`: a scripted exercise, shown, run, or graded with a student's answers. */
import { release } from 'node:os';
import { Command, Option } from 'commander';
import type { RawshakeError } from '../error.js';
import { usageError } from './usage.js';
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
import { jsonOption, languageOption, runProgramsOption, withDrawingOptions } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options extends CommonOptions {
  readonly list?: boolean;
  readonly copy?: string;
  readonly explain?: boolean;
  readonly answers?: string;
  readonly student?: string;
  readonly junit?: string;
  readonly runPrograms?: boolean;
}

export const labExerciseCommand = (): Command =>
  withDrawingOptions(new Command('exercise'))
    .description(
      told({
        en: 'show a scripted exercise; with answers, run them against real kernels and give the points',
        zh: '显示脚本练习；给出答案时，对照真实内核运行并评分',
      }),
    )
    .argument(
      '[exercise]',
      told({
        en: 'a file in YAML, or the number or name of one that comes with rawshake, such as 01',
        zh: 'YAML 文件，或 rawshake 自带练习的编号或名称，例如 01',
      }),
    )
    .option('--list', told({ en: 'list the exercises that come with rawshake', zh: '列出 rawshake 自带的练习' }))
    .option(
      '--copy <folder>',
      told({
        en: 'copy them into a folder, with solutions and the schema for editors',
        zh: '把练习连同解答和供编辑器用的 schema 复制到目录',
      }),
    )
    .addOption(
      new Option(
        '--explain',
        told({
          en: 'show its steps, and whose points each check decides, without running them',
          zh: '显示各步骤，以及每项检查决定哪道题的分数，不运行',
        }),
      ).conflicts(['list', 'copy', 'answers', 'student', 'junit']),
    )
    .option('--answers <file>', told({ en: "a student's answers in YAML", zh: '学生的答案，YAML 格式' }))
    .addOption(studentOption(told({ en: 'show it with the numbers of this student', zh: '按这名学生的数值显示' })))
    .option('--junit <file>', told({ en: 'write the results in JUnit XML', zh: '把结果写成 JUnit XML' }))
    .addOption(runProgramsOption())
    .addOption(jsonOption())
    .addOption(languageOption())
    .addHelpText(
      'after',
      exampleText(
        'rawshake lab exercise --list',
        'rawshake lab exercise 01 --answers answers.yaml',
        'rawshake lab exercise 01 --explain',
      ),
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
  usageError(
    {
      en: 'one of: the name of an exercise, --list, --copy <folder>',
      zh: '请三者取一：练习的名字、--list、--copy <folder>',
    },
    { en: 'See what there is: rawshake lab exercise --list', zh: '查看有哪些练习：rawshake lab exercise --list' },
  );

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
  const result = await withLab('lab exercise', options, (signal) =>
    runExercise(exercise, { answers: given, signal, programs: options.runPrograms === true }),
  );
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
