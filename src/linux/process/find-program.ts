/** Whether a program that a user names can be run, and why not, before anything is. execvp(3), access(2). */
import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { about, RawshakeError, type Text } from '../../error.js';
import { shellLine } from '../../filter/shell.js';

export interface Where {
  /** Where it will run. */
  readonly cwd: string;
  /** The PATH that it is looked for in; an empty part of it is `cwd`. */
  readonly path: string;
}

/** What may be in the way; `refused` is the kernel's word for all else, told when it was tried. */
type Obstacle = 'absent' | 'folder' | 'no-file' | 'not-executable';

/** @throws {RawshakeError} RS_USAGE where there is none, or it is a folder, a device, or may not be executed */
export function requireProgram(program: string, where: Where): void {
  const found = candidates(program, where).map((file) => ({ file, obstacle: obstacleOf(file) }));
  if (found.some(({ obstacle }) => obstacle === undefined)) return;
  // As execvp does: what is in the way further on is passed over where there is nothing before.
  const { file, obstacle } = found.find((one) => one.obstacle !== 'absent') ?? { file: program, obstacle: 'absent' };
  throw notRunnable(program, obstacle ?? 'absent', file);
}

/** The files that it may be, in the order in which they are tried. */
const candidates = (program: string, { cwd, path }: Where): readonly string[] =>
  program === '' || program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(':').map((folder) => resolve(cwd, folder, program));

function obstacleOf(file: string): Obstacle | undefined {
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch {
    return 'absent';
  }
  if (stats.isDirectory()) return 'folder';
  if (!stats.isFile()) return 'no-file';
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch {
    return 'not-executable';
  }
}

function notRunnable(program: string, obstacle: Obstacle, file: string): RawshakeError {
  const [why, hint] = OBSTACLES[obstacle](file, program);
  return new RawshakeError('RS_USAGE', about(program, why), { hint });
}

const OBSTACLES: Readonly<Record<Obstacle, (file: string, program: string) => readonly [why: Text, hint: Text]>> = {
  absent: (_, program) =>
    program.includes('/')
      ? [
          { en: 'there is no such file', zh: '没有这个文件' },
          { en: 'Give the path of a program, from where you stand.', zh: '请给出程序的路径（相对于当前目录）。' },
        ]
      : [
          { en: 'there is no such program in the PATH', zh: 'PATH 中没有这个程序' },
          {
            en: `Install it, or give its path; one that lies here is ./${program}`,
            zh: `请安装该程序，或给出其路径；若它就在当前目录，请写 ./${program}`,
          },
        ],
  folder: () => [
    { en: 'it is a folder', zh: '这是一个文件夹' },
    { en: 'Name the program that is to run, then its arguments.', zh: '请先写要运行的程序，再写其参数。' },
  ],
  'no-file': () => [
    { en: 'it is no regular file', zh: '这不是普通文件' },
    { en: 'Name the program that is to run, then its arguments.', zh: '请先写要运行的程序，再写其参数。' },
  ],
  'not-executable': (file) => {
    const line = shellLine(['chmod', '+x', file]);
    return [
      { en: 'it may not be executed', zh: '它没有执行权限' },
      {
        en: `Name what runs it (python3 ${shellLine([file])}), or: ${line}`,
        zh: `请写出用来运行它的程序（python3 ${shellLine([file])}），或执行：${line}`,
      },
    ];
  },
};

/** A file that is there and was refused: what it begins with tells mostly why. `code`: of execve(2). */
export function refusedBy(code: string, program: string, where: Where): RawshakeError {
  const file = candidates(program, where).find((one) => obstacleOf(one) === undefined) ?? program;
  const interpreter = interpreterOf(file);
  if (code === 'ENOENT' && interpreter !== undefined)
    return new RawshakeError(
      'RS_USAGE',
      about(program, {
        en: `what its first line names is not there (${interpreter})`,
        zh: `其首行指定的解释器不存在（${interpreter}）`,
      }),
      {
        hint: {
          en: `See whether the line ends with a carriage return, or install it: head -n 1 ${shellLine([file])} | od -c`,
          zh: `请检查该行末尾是否有回车符，或安装该解释器：head -n 1 ${shellLine([file])} | od -c`,
        },
      },
    );
  return new RawshakeError(
    'RS_USAGE',
    about(program, { en: `the kernel does not run it (${code})`, zh: `内核拒绝运行（${code}）` }),
    {
      hint: {
        en: `See what it is: ${shellLine(['file', file])}; and whether its file system is mounted noexec: ${shellLine(['findmnt', '-T', file])}`,
        zh: `请查看其类型：${shellLine(['file', file])}；并查看所在文件系统是否以 noexec 挂载：${shellLine(['findmnt', '-T', file])}`,
      },
    },
  );
}

/** As the kernel reads it, of which no more than the first 256 bytes count. execve(2) */
function interpreterOf(file: string): string | undefined {
  const beginning = new Uint8Array(256);
  try {
    const fd = openSync(file, 'r');
    try {
      const length = readSync(fd, beginning);
      return /^#![ \t]*([^ \t\n]+)/.exec(Buffer.from(beginning.subarray(0, length)).toString())?.[1];
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
