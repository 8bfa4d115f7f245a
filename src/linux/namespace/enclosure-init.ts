/** The first process of an enclosure's PID namespace: it lives, reaps, and ends with the thread that started it. pid_namespaces(7). */
import { type ChildProcess, spawn } from 'node:child_process';

/** What programs inside may hold the lock of iptables by, as `/proc/1/fd/N`. */
export const LOCK_FD = 4;

/** Where it hears this process, whose end it notices by that. */
const LINE_FD = 3;

/**
 * From the outset the kernel ends it with the thread that started it (`setpriv --pdeathsig`), and all that is inside with it. Had that
 * thread gone before, nobody answers `ready`, and it ends by itself.
 *
 * A shell that waits for a program reaps whatever ends, orphans too; to ignore SIGCHLD instead is not in the power of every shell
 * (dash). What it waits for may be ended from inside, but not the shell: the kernel keeps signals from a first process that it has
 * no handler for. Should the program be stopped from inside, the kernel's signal remains.
 */
const SCRIPT = `
if why=$(mount -t proc -o nosuid,nodev,noexec proc /proc 2>&1); then echo ready; else printf '%s\\n' "refused $why" | tr '\\n' ' '; echo; fi
exec >/dev/null 2>&1
read -r word <&${String(LINE_FD)} || exit
until cat <&${String(LINE_FD)} || [ $? -le 128 ]; do :; done
`;

const ARGV = ['setpriv', '--pdeathsig', 'KILL', 'sh', '-c', SCRIPT, 'rawshake-enclosure'] as const;

export interface Init {
  readonly child: ChildProcess;
  /** Resolves when it lives, with what mount(8) said where the kernel refused a /proc of its own; rejects where it does not. */
  readonly ready: Promise<string | undefined>;
}

/** To be called where the next child is the first of its PID namespace. */
export function startInit(environment: NodeJS.ProcessEnv, lock: number): Init {
  const [program, ...args] = ARGV;
  // A session of its own: what is typed on the terminal is the program's.
  const child = spawn(program, args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', lock],
    env: environment,
  });
  return { child, ready: firstWord(child) };
}

function firstWord(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let [said, complained] = ['', ''];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, word, why = ''] = /^(ready|refused)(?: (.*))?\n$/.exec(said) ?? [];
      if (word === undefined) return;
      const line = child.stdio[LINE_FD];
      if (line !== null && line !== undefined && 'write' in line) line.write('go\n');
      resolve(word === 'ready' ? undefined : why.trim());
    });
    child.once('error', reject).once('close', (status: number | null) => {
      reject(new Error(complained.trim() || `${ARGV[0]}: exit status ${String(status)}`));
    });
  });
}
