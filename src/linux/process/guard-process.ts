/** What every guard is: a detached shell that outlives this process by just so long as it takes to undo what was done. */
import { type ChildProcess, spawn } from 'node:child_process';
import { RawshakeError } from '../../error.js';
import { notStarted, programEnvironment, tryCommand } from './command.js';
import { AF_UNIX, SO_RCVTIMEO, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from '../libc/constants.js';
import { libc } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { pipe } from '../libc/pipe.js';
import { leaveToEnd, reapEnded } from '../libc/reap.js';
import { wake } from './wake.js';

/** What `patiently` says where no process could be started to the end. */
export const CANNOT_FORK = 'Cannot fork';

/**
 * `patiently MOST_TRIES FUNCTION WORD…` runs it in a process of its own and leaves what it said in `output`, how it ended in
 * `status`. Where no process can be started, for it or within it, all of it is tried again; `unforked` where it never could.
 *
 * A shell that cannot fork raises an error, which would end it: `command` keeps dash and BusyBox's from that; bash itself tries
 * again for 15 s, and then runs its EXIT trap. Within the function the shell ends with that word, or status 2 where its
 * words are not to be seen. The pause is a descriptor that is waited for in vain, for `sleep` would be a process, too; BusyBox
 * polls before it reads, and knows -t.
 */
const PATIENTLY = `
patiently() {
  most=$1 tries=0
  shift
  while
    status=unforked output=
    command eval 'output=$("$@" 2>&1) && status=0 || status=$?' 2>/dev/null
    case $status:$output in
      unforked:* | [!0]*:*[Ff]ork* | 2:) status=unforked output='${CANNOT_FORK}' ;;
    esac
    [ $status = unforked ] && [ $tries -lt $most ]
  do
    tries=$((tries + 1))
    pause
  done
}
pause() { read -t 0.1 -r word <&3 || [ $? -ne 2 ] || read -r word <&3; } 2>/dev/null
`;

const PAUSE_MICROSECONDS = 100_000n;

/** A socket that nobody can send to: a `read` of it ends after the pause, with EAGAIN. socket(7). */
function pauseSocket(): number {
  const fd = libc('socket', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const timeval = new BigInt64Array([0n, PAUSE_MICROSECONDS]);
  libc('setsockopt', fd, SOL_SOCKET, SO_RCVTIMEO, timeval, timeval.byteLength);
  return fd;
}

export interface GuardProcess {
  /** Without an id where it could not be started: then it says nothing, and `whyNoGuard` has the reason. */
  readonly child: ChildProcess;
  /** A line to it; its end is our death, or that it was closed. */
  readonly input: number;
  /** Its answers. */
  readonly output: number;
}

/** Runs a script that may use `patiently`, with `words` as its arguments, and as `name` in lists of processes. */
export function startGuard(
  name: string,
  script: string,
  words: readonly string[],
  {
    netns,
    environment = {},
  }: { readonly netns?: NetworkNamespace | undefined; readonly environment?: NodeJS.ProcessEnv } = {},
): GuardProcess {
  const [childInput, input] = pipe();
  const [output, childOutput] = pipe();
  const pause = pauseSocket();
  reapEnded();
  const start = () =>
    spawn('sh', ['-c', PATIENTLY + script, name, ...words], {
      detached: true, // a session of its own: Ctrl-C reaches this process alone
      cwd: '/',
      stdio: [childInput, childOutput, childOutput, pause],
      env: { ...programEnvironment(), ...environment },
    });
  try {
    const child = netns === undefined ? start() : netns.run(start);
    child.on('error', () => undefined).unref();
    return { child, input, output };
  } finally {
    for (const fd of [childInput, childOutput, pause]) libc('close', fd);
  }
}

/** Lets it end by itself, as it would if this process did. */
export function leaveGuard({ child, input, output }: GuardProcess): void {
  wake(child); // it may have been stopped
  libc('close', input);
  libc('close', output);
  leaveToEnd(child);
}

/** Node.js tells it later; the next try does at once. */
export function whyNoGuard(): RawshakeError {
  try {
    tryCommand(['sh', '-c', ':']);
  } catch (error) {
    if (error instanceof RawshakeError) return error;
    throw error;
  }
  return notStarted('sh', new Error('it was not started'));
}
