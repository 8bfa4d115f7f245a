/** Runs a child to its end within one call, in which one can still decide not to wait for it. waitid(2). */
import { spawn, spawnSync } from 'node:child_process';
import { P_PID, WEXITED, WNOHANG, WNOWAIT } from './constants.js';
import { ChildEnds } from './child-ends.js';
import { libc } from './libc.js';

interface RunSettings {
  readonly env: NodeJS.ProcessEnv;
  readonly input: string;
  /** Asked again and again: why not to wait any longer. The child is killed, with what it has started, and this is thrown. */
  readonly giveUp: (outputBytes: number) => Error | undefined;
}

export interface Ended {
  /** null: it died of a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LOOK_EVERY_MS = 50;
/** A child ends right after its output. */
const END_LOOK_EVERY_MS = 1;

/**
 * In a session of its own, so that Ctrl-C reaches this process alone, which then undoes what was begun.
 * @returns an error where it cannot be started
 */
export function runToEnd(program: string, args: readonly string[], settings: RunSettings): Ended | Error {
  const ends = new ChildEnds(settings.input);
  try {
    const pid = start(program, args, settings, ends);
    return pid === undefined ? startAnew(program, args, settings) : watch(pid, ends, settings);
  } finally {
    ends.close();
  }
}

function start(program: string, args: readonly string[], { env }: RunSettings, ends: ChildEnds): number | undefined {
  try {
    const child = spawn(program, args, { detached: true, stdio: [...ends.childs], env });
    child.on('error', () => undefined).unref();
    return child.pid;
  } catch {
    return undefined;
  } finally {
    ends.closeChilds();
  }
}

/** Should it start after all, where a limit is out of the way by now, nothing can be asked meanwhile: it has so long. */
const ANEW_MS = 2000;

/** Why it could not be started Node tells later, or so at once. */
function startAnew(program: string, args: readonly string[], { env, input }: RunSettings): Ended | Error {
  const { error, ...ended } = spawnSync(program, args, {
    ...{ env, input, encoding: 'utf8' },
    ...{ timeout: ANEW_MS, killSignal: 'SIGKILL' },
  });
  return error ?? ended;
}

function watch(pid: number, ends: ChildEnds, { giveUp }: RunSettings): Ended {
  for (;;) {
    const end = ends.areOver ? endOf(pid) : undefined;
    if (end !== undefined) return { ...end, ...ends.said() };
    const why = giveUp(ends.bytes);
    if (why !== undefined) {
      process.kill(-pid, 'SIGKILL');
      throw why;
    }
    ends.move(ends.areOver ? END_LOOK_EVERY_MS : LOOK_EVERY_MS);
  }
}

/** `siginfo_t` of 64-bit Linux: si_code, si_pid and si_status. */
const SIGINFO_BYTES = 128;
const [CODE, PID, STATUS] = [8, 16, 24] as const;
const CLD_EXITED = 1;

/** Looks, and leaves it to Node to take note of it. */
function endOf(pid: number): Pick<Ended, 'status'> | undefined {
  const info = new DataView(new ArrayBuffer(SIGINFO_BYTES));
  libc('waitid', P_PID, pid, info, WEXITED | WNOHANG | WNOWAIT);
  if (info.getInt32(PID, true) === 0) return undefined;
  return { status: info.getInt32(CODE, true) === CLD_EXITED ? info.getInt32(STATUS, true) : null };
}
