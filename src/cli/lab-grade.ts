/** `rawshake lab grade`: a folder of answers to an exercise, graded. */
import { release } from 'node:os';
import { Command } from 'commander';
import { isWhole } from '../evidence/exercise.js';
import { findExercise } from '../exercise/course.js';
import { gradeFolder } from '../exercise/grade-folder.js';
import { createLab } from '../lab/lab.js';
import { requireLinux } from '../linux/libc/platform.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { gradesJson } from '../report/exercise-json.js';
import { gradesJunit } from '../report/exercise-junit.js';
import { gradesCsv, gradesText } from '../report/grades.js';
import { EXIT } from './exit-code.js';
import { writeFile, writeFiles } from './file.js';
import { type CommonOptions, languageOf, printJson, printText, viewOf } from './output.js';
import { Progress } from './progress.js';
import { withLab } from './rootless.js';
import { jsonOption, languageOption, runProgramsOption, withDrawingOptions } from './view-options.js';
import { exampleText, told } from './told.js';

interface Options extends CommonOptions {
  readonly exercise: string;
  readonly csv?: string;
  readonly junit?: string;
  readonly runPrograms?: boolean;
}

export const labGradeCommand = (): Command =>
  withDrawingOptions(new Command('grade'))
    .description(
      told({
        en: "grade a folder of students' answers, each in a process of its own",
        zh: '为整个目录的学生答案评分，每份在单独的进程中',
      }),
    )
    .argument(
      '<folder>',
      told({
        en: 'the answers: a YAML file each, or a folder for each student with one in it',
        zh: '答案：每人一个 YAML 文件，或每人一个内含该文件的目录',
      }),
    )
    .requiredOption(
      '--exercise <file>',
      told({
        en: 'the exercise that they answer: a file, or a number or name as for lab exercise',
        zh: '所答的练习：文件，或如 lab exercise 所用的编号或名称',
      }),
    )
    .option('--csv <file>', told({ en: 'write a table for a spreadsheet', zh: '写出供电子表格使用的表' }))
    .option('--junit <file>', told({ en: 'write the results in JUnit XML', zh: '把结果写成 JUnit XML' }))
    .addOption(runProgramsOption())
    .addOption(jsonOption())
    .addOption(languageOption())
    .addHelpText('after', exampleText('rawshake lab grade submissions --exercise 01 --csv grades.csv'))
    .action(run);

async function run(folder: string, options: Options): Promise<void> {
  requireLinux();
  const language = languageOf(options);
  const exercise = findExercise(options.exercise);
  const progress = new Progress();
  const graded = await withLab('lab grade', options, async (signal) => {
    createLab().close(); // where a lab is refused, all is to run in a user namespace, and nothing was printed yet
    try {
      return await gradeFolder(folder, exercise, {
        signal,
        programs: options.runPrograms === true,
        onGrade: ({ file }, done, total) => {
          progress.update(() => `${String(done)}/${String(total)} ${file}`);
        },
      });
    } finally {
      progress.end();
    }
  });
  const context = { kernel: release().replace(/-.*$/, ''), rootless: isRootless() };
  if (options.json === true) printJson(gradesJson(graded, context, language));
  else printText(gradesText(graded, viewOf(options)));
  process.exitCode = isWhole(graded) ? EXIT.asExpected : EXIT.notAsExpected;
  const { csv, junit } = options;
  const writes = [
    ...(csv === undefined ? [] : [() => writeFile(csv, () => gradesCsv(graded, language))]),
    ...(junit === undefined ? [] : [() => writeFile(junit, () => gradesJunit(graded, language))]),
  ];
  await writeFiles('lab grade', writes, options);
}
