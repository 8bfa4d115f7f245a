/** Runs a system program to its end, as an argv array, never as a shell's text, in a network namespace where given. */
import { isAbsolute } from 'node:path';
import { about, INTERRUPTED, RawshakeError, type Text, verbatim } from '../../error.js';
import { limitHint } from '../../limit.js';
import { shownLine } from '../../shown-line.js';
import { interruptedForMs } from '../libc/interruption.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { ownLock } from '../filter/own-lock.js';
import { installLine, packageOf, presenceOf } from './programs.js';
import { type Ended, runToEnd } from './run-to-end.js';

/** Where the system's administration programs are, whatever the PATH of the user is. */
export const SYSTEM_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** The user's PATH, and after it where administration programs are; never where one stands, which an empty part of it means. */
export const searchPath = (): string =>
  [...(process.env['PATH'] ?? '').split(':').filter((folder) => isAbsolute(folder)), ...SYSTEM_PATH].join(':');

/** The environment of the programs that are run: they are found, and speak the language in which they are read. */
export const programEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: searchPath(), LC_ALL: 'C' });

/** None takes long; one that waits for something waits for what never comes. */
const MOST_MS = 30_000;

/** Once a signal is to end this program, it is waited for so long; what is run from then on, to undo something, so long. */
const [ENDING_MS, UNDOING_MS] = [800, 200] as const;

/** Of a host with a few hundred thousand rules. */
const MOST_OUTPUT_BYTES = 1 << 28;

type Argv = readonly [string, ...string[]];

export interface CommandOptions {
  readonly netns?: NetworkNamespace;
  readonly input?: string;
  /** Over the environment that programs get otherwise. */
  readonly environment?: NodeJS.ProcessEnv;
  /** It may have no more address space: for a program that reads what can make it ask for any amount. getrlimit(2), RLIMIT_AS */
  readonly mostMemoryMiB?: number;
}

/**
 * What the program wrote to stdout.
 * @throws {RawshakeError} RS_COMMAND_FAILED with argv and stderr where it fails, RS_LIMIT where it wants more than `mostMemoryMiB`;
 * RS_MISSING_TOOL where only BusyBox's is there; and as `tryCommand` does
 */
export function runCommand(argv: Argv, options: CommandOptions = {}): string {
  const { status, stdout, stderr } = tryCommand(argv, options);
  if (status === 0) return stdout;
  const { mostMemoryMiB } = options;
  if (mostMemoryMiB !== undefined && (status === null || /memory|alloc/i.test(stderr)))
    throw tooLarge(argv, mostMemoryMiB, stderr);
  const failed = commandFailed(argv, stderr, status);
  throw presenceOf(argv[0], searchPath()) === 'busybox' ? missingTool(argv[0], failed) : failed;
}

/**
 * How the program ended, and what it wrote.
 * @throws {RawshakeError} RS_MISSING_TOOL where it is not installed; RS_TIMED_OUT where it does not end; RS_INTERRUPTED where
 * a signal is to end this program, and it does not end either
 */
export function tryCommand(argv: Argv, options: CommandOptions = {}): Ended {
  const [program, ...args] = limited(argv, options.mostMemoryMiB);
  const settings = {
    input: options.input ?? '',
    env: {
      ...programEnvironment(),
      // In a namespace of our own nobody else has rules, and an ordinary user cannot open the file in /run.
      ...(options.netns !== undefined && { XTABLES_LOCKFILE: ownLock() }),
      ...options.environment,
    },
    giveUp: patience(argv),
  };
  const run = () => runToEnd(program, args, settings);
  const result = options.netns === undefined ? run() : options.netns.run(run);
  if (result instanceof Error) throw notStarted(program, result);
  if (program !== argv[0] && result.status === SHELL_FOUND_NONE && presenceOf(argv[0], searchPath()) === 'absent')
    throw notStarted(argv[0], new Error(result.stderr.trim()));
  return result;
}

/** Of what a shell was to run. POSIX, XCU 2.8.2 */
const SHELL_FOUND_NONE = 127;

/** By a shell that becomes the program: Node sets no limits of a child. Where there is a stricter one, it stays. */
const limited = (argv: Argv, mostMemoryMiB: number | undefined): Argv =>
  mostMemoryMiB === undefined
    ? argv
    : ['sh', '-c', `ulimit -v ${String(mostMemoryMiB * 1024)} 2>/dev/null; exec "$@"`, 'sh', ...argv];

/** Why a program was not even started, and what to do about it. */
export function notStarted(program: string, cause: Error): RawshakeError {
  const limit = limitHint(cause);
  if (limit !== undefined)
    return new RawshakeError('RS_LIMIT', about(program, cannotBeRun(cause)), { cause, hint: limit });
  if (presenceOf(program, searchPath()) !== 'absent') {
    const name = packageOf(program);
    return new RawshakeError('RS_COMMAND_FAILED', about(program, cannotBeRun(cause)), {
      cause,
      hint: { en: `Check the installation of the package ${name}.`, zh: `请检查软件包 ${name} 的安装。` },
    });
  }
  return missingTool(program, cause);
}

/** Of a program that is not installed, or only BusyBox's. */
export const missingTool = (program: string, cause: Error): RawshakeError =>
  new RawshakeError(
    'RS_MISSING_TOOL',
    about(program, presenceOf(program, searchPath()) === 'busybox' ? BUSY_BOX : NOT_INSTALLED),
    { cause, hint: installHint(program) },
  );

const cannotBeRun = ({ message }: Error): Text => ({ en: `cannot be run (${message})`, zh: `无法运行（${message}）` });

const NOT_INSTALLED: Text = { en: 'the program is not installed', zh: '没有安装该程序' };

const BUSY_BOX: Text = {
  en: "only BusyBox's is installed, and it cannot do this",
  zh: '只安装了 BusyBox 的版本，它不能完成这项工作',
};

function installHint(program: string): Text {
  const line = installLine([program], searchPath());
  if (line !== undefined) return { en: `Install it: ${line}`, zh: `请安装：${line}` };
  const name = packageOf(program);
  return { en: `Install the package ${name}.`, zh: `请安装软件包 ${name}。` };
}

/** What says why a program that was started just now is not waited for any longer. */
function patience(argv: readonly string[]): (outputBytes: number) => RawshakeError | undefined {
  const startedMs = performance.now();
  return (outputBytes) => {
    const tookMs = performance.now() - startedMs;
    if (tookMs > MOST_MS) return tooLong(argv);
    if (outputBytes > MOST_OUTPUT_BYTES) return tooMuch(argv);
    return interruptedForMs() > ENDING_MS && tookMs > UNDOING_MS ? ended(argv) : undefined;
  };
}

const WITHOUT_END: Text = { en: 'it writes without end, and was ended', zh: '它的输出没有尽头，已被结束' };

const NOT_DONE: Text = {
  en: `not done after ${String(MOST_MS / 1000)} s, and ended`,
  zh: `${String(MOST_MS / 1000)} 秒后仍未完成，已被结束`,
};

const lineOf = (argv: readonly string[]): string => shownLine(argv.join(' '));

const ended = (argv: readonly string[]): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', about(lineOf(argv), INTERRUPTED), {
    hint: { en: 'It was ended before it was done; run it again.', zh: '它尚未完成就被结束；可以重新运行。' },
  });

const tooMuch = (argv: readonly string[]): RawshakeError =>
  new RawshakeError('RS_COMMAND_FAILED', about(lineOf(argv), WITHOUT_END), {
    command: argv,
    hint: { en: 'See what it writes, by running it by hand.', zh: '请手工运行该命令，查看它的输出。' },
  });

const tooLong = (argv: readonly string[]): RawshakeError =>
  new RawshakeError('RS_TIMED_OUT', about(lineOf(argv), NOT_DONE), {
    hint: { en: 'See what keeps it, by running it by hand.', zh: '请手工运行该命令，查看它在等待什么。' },
  });

const runAs = (argv: readonly string[]): Text => {
  const line = lineOf(argv);
  return { en: `It was run as: ${line}`, zh: `运行的命令是：${line}` };
};

const tooLarge = (argv: readonly string[], mostMemoryMiB: number, stderr: string): RawshakeError =>
  new RawshakeError(
    'RS_LIMIT',
    about(argv[0] ?? '', {
      en: `what it was given takes more than ${String(mostMemoryMiB)} MiB of memory`,
      zh: `给它的内容占用的内存超过 ${String(mostMemoryMiB)} MiB`,
    }),
    { command: argv, stderr, hint: runAs(argv) },
  );

/** A program that ended with an error: what it said first, and how it was run. */
export function commandFailed(argv: readonly string[], stderr: string, status: number | null): RawshakeError {
  const said = stderr.trim().split('\n')[0] ?? '';
  const silent = { en: `exit status ${String(status)}`, zh: `退出状态 ${String(status)}` };
  const why = said === '' ? silent : verbatim(shownLine(said));
  return new RawshakeError('RS_COMMAND_FAILED', about(argv[0] ?? '', why), {
    command: argv,
    stderr,
    hint: runAs(argv),
  });
}
