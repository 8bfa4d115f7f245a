/** Runs a system program to its end, as an argv array, never through a shell, in a network namespace where given. */
import { spawnSync } from 'node:child_process';
import { RawshakeError, type Text } from '../error.js';
import { limitHint } from '../limit.js';
import type { NetworkNamespace } from './netns.js';
import { installLine, packageOf, presenceOf } from './programs.js';

/** Where the system's administration programs are, whatever the PATH of the user is. */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'].join(':');

/** The user's PATH, and after it where administration programs are. */
export const searchPath = (): string => `${process.env['PATH'] ?? ''}:${SYSTEM_PATH}`;

/** The environment of the programs that are run: they are found, and speak the language in which they are read. */
export const programEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: searchPath(), LC_ALL: 'C' });

/** None takes long; one that waits for something waits for what never comes. */
const MOST_MS = 30_000;

/** Of a host with a few hundred thousand rules. */
const MOST_OUTPUT_BYTES = 1 << 28;

interface CommandOptions {
  readonly netns?: NetworkNamespace;
  readonly input?: string;
  /** Over the environment that programs get otherwise. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * What the program wrote to stdout.
 * @throws {RawshakeError} RS_MISSING_TOOL where it is not installed; RS_COMMAND_FAILED with argv and stderr where it fails;
 * RS_TIMED_OUT where it does not end
 */
export function runCommand(argv: readonly [string, ...string[]], options: CommandOptions = {}): string {
  const [program, ...args] = argv;
  const settings = {
    input: options.input ?? '',
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT_BYTES,
    // A session of its own, so that Ctrl-C reaches this process alone, which then undoes what was begun. Node hands it
    // to spawnSync's child too, though its types know it of spawn only.
    detached: true,
    timeout: MOST_MS,
    killSignal: 'SIGKILL',
    env: {
      ...programEnvironment(),
      // In a namespace of our own nobody else holds iptables' lock, and an ordinary user cannot open the file in /run.
      ...(options.netns !== undefined && { XTABLES_LOCKFILE: '/dev/null' }),
      ...options.environment,
    },
  } as const;
  const run = () => spawnSync(program, args, settings);
  const result = options.netns === undefined ? run() : options.netns.run(run);
  if (result.error !== undefined) {
    if ((result.error as NodeJS.ErrnoException).code === 'ETIMEDOUT') throw tooLong(argv, result.error);
    throw notStarted(program, result.error);
  }
  if (result.status !== 0) {
    const failed = commandFailed(argv, result.stderr, result.status);
    throw presenceOf(program, searchPath()) === 'busybox' ? onlyOfBusyBox(program, failed) : failed;
  }
  return result.stdout;
}

/** Why a program was not even started, and what to do about it. */
export function notStarted(program: string, cause: Error): RawshakeError {
  const limit = limitHint(cause);
  if (limit !== undefined)
    return new RawshakeError('RS_LIMIT', `${program}: cannot be run (${cause.message})`, { cause, hint: limit });
  if (presenceOf(program, searchPath()) !== 'absent') {
    const name = packageOf(program);
    return new RawshakeError('RS_COMMAND_FAILED', `${program}: cannot be run (${cause.message})`, {
      cause,
      hint: { en: `Check the installation of the package ${name}.`, zh: `请检查软件包 ${name} 的安装。` },
    });
  }
  return new RawshakeError('RS_MISSING_TOOL', `${program}: the program is not installed`, {
    cause,
    hint: installHint(program),
  });
}

const onlyOfBusyBox = (program: string, cause: RawshakeError): RawshakeError =>
  new RawshakeError('RS_MISSING_TOOL', `${program}: only BusyBox's is installed, and it cannot do this`, {
    cause,
    hint: installHint(program),
  });

function installHint(program: string): Text {
  const line = installLine([program], searchPath());
  if (line !== undefined) return { en: `Install it: ${line}`, zh: `请安装：${line}` };
  const name = packageOf(program);
  return { en: `Install the package ${name}.`, zh: `请安装软件包 ${name}。` };
}

const tooLong = (argv: readonly string[], cause: Error): RawshakeError =>
  new RawshakeError('RS_TIMED_OUT', `${argv.join(' ')}: not done after ${String(MOST_MS / 1000)} s, and ended`, {
    cause,
    hint: { en: 'See what keeps it, by running it by hand.', zh: '请手工运行该命令，查看它在等待什么。' },
  });

/** A program that ended with an error: what it said first, and how it was run. */
export function commandFailed(argv: readonly string[], stderr: string, status: number | null): RawshakeError {
  const why = stderr.trim().split('\n')[0] ?? '';
  return new RawshakeError(
    'RS_COMMAND_FAILED',
    `${argv[0] ?? ''}: ${why === '' ? `exit status ${String(status)}` : why}`,
    {
      command: argv,
      stderr,
      hint: { en: `It was run as: ${argv.join(' ')}`, zh: `运行的命令是：${argv.join(' ')}` },
    },
  );
}
