/** Runs a child to its end within one call, in which one can still decide not to wait for it. waitid(2). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { ChildEnds } from './child-ends.js';
import { type End, leaveToEnd, reapEnded, reapIfEnded } from '../libc/reap.js';

interface RunSettings {
  readonly env: NodeJS.ProcessEnv;
  readonly input: string;
  /** Asked again and again: why not to wait any longer. The child is killed, with what it has started, and this is thrown. */
  readonly giveUp: (outputBytes: number) => Error | undefined;
}

export interface Ended extends End {
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
    const child = start(program, args, settings, ends);
    return child === undefined ? startAnew(program, args, settings) : watch(child, ends, settings);
  } finally {
    ends.close();
  }
}

type Started = ChildProcess & { readonly pid: number };

function start(program: string, args: readonly string[], { env }: RunSettings, ends: ChildEnds): Started | undefined {
  reapEnded();
  try {
    const child = spawn(program, args, { detached: true, stdio: [...ends.childs], env });
    child.on('error', () => undefined).unref();
    return child.pid === undefined ? undefined : (child as Started);
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

function watch(child: Started, ends: ChildEnds, { giveUp }: RunSettings): Ended {
  for (;;) {
    const end = ends.areOver ? reapIfEnded(child) : undefined;
    if (end !== undefined) return { ...end, ...ends.said() };
    const why = giveUp(ends.bytes);
    if (why !== undefined) {
      process.kill(-child.pid, 'SIGKILL');
      leaveToEnd(child);
      throw why;
    }
    ends.move(ends.areOver ? END_LOOK_EVERY_MS : LOOK_EVERY_MS);
  }
}
