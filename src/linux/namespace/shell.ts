/** An interactive shell in a network namespace: the user's own, with a prompt that says where one is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, statSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { searchPath } from '../process/command.js';
import { libc } from '../libc/libc.js';
import type { NetworkNamespace } from './netns.js';
import { ownLock } from '../filter/own-lock.js';
import { pipe } from '../libc/pipe.js';

const SHELLS = ['/bin/bash', '/usr/bin/bash', '/bin/sh'];

/** Where bash finds what it reads first: the descriptor that it is given as its fourth. */
const RC_FD = 3;

/** How long a shell may take to end once it was told to. What it started has as long again, and all is to be over in 2 s. */
const GRACE_MS = 500;

export interface ShellOptions {
  /** Stands before the working directory in the prompt. */
  readonly prompt: string;
  /** Besides that of this process. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Runs it on this process's terminal, or on what its standard input holds, until it ends. Ctrl-C is the shell's; SIGTERM
 * and SIGHUP end it, whether it listens or not.
 * @returns whether it was ended by such a signal
 */
export async function runShell(netns: NetworkNamespace, options: ShellOptions): Promise<boolean> {
  const child = netns.run(() => start(options));
  let interrupted = false;
  const ignore = (): void => undefined;
  const kill = (): void => void child.kill('SIGKILL');
  let late: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (interrupted) kill();
    interrupted = true;
    child.kill('SIGHUP');
    late ??= setTimeout(kill, GRACE_MS); // it does not listen, or it is stopped
  };
  // Until bash has the terminal to itself, and where a shell never takes it, what is typed signals this process too.
  process.on('SIGINT', ignore).on('SIGQUIT', ignore).on('SIGTERM', end).on('SIGHUP', end);
  try {
    await once(child, 'exit');
  } finally {
    clearTimeout(late);
    process.off('SIGINT', ignore).off('SIGQUIT', ignore).off('SIGTERM', end).off('SIGHUP', end);
  }
  return interrupted;
}

function start({ prompt, variables = {} }: ShellOptions): ChildProcess {
  const shell = [process.env['SHELL'] ?? '', ...SHELLS].find(isProgram) ?? 'sh';
  const env = {
    ...process.env,
    // An ordinary user's has no ip, iptables or tcpdump.
    PATH: searchPath(),
    // In a namespace of our own nobody else has rules, and an ordinary user cannot open the file in /run.
    XTABLES_LOCKFILE: ownLock(),
    PS1: `${prompt} $ `,
    ...variables,
  };
  const withRc = process.stdin.isTTY && basename(shell) === 'bash';
  if (!withRc) return spawn(shell, [], { stdio: 'inherit', env });
  const rc = pipeHolding(bashRc(prompt));
  try {
    const args = ['--rcfile', `/dev/fd/${String(RC_FD)}`];
    return spawn(shell, args, { stdio: ['inherit', 'inherit', 'inherit', rc], env });
  } finally {
    libc('close', rc);
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return path.startsWith('/') && statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The user's own settings, and our prompt after them, which some programs would write anew before each line. */
const bashRc = (prompt: string): string =>
  `exec ${String(RC_FD)}<&-\n[ -r ~/.bashrc ] && . ~/.bashrc\nunset PROMPT_COMMAND\nPS1='${prompt} \\w \\$ '\n`;

/** The read end of a pipe with `text` in it; no file that could be left behind. */
function pipeHolding(text: string): number {
  const [readEnd, writeEnd] = pipe();
  writeSync(writeEnd, text);
  libc('close', writeEnd);
  return readEnd;
}
