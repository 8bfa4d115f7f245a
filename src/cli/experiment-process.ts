/** A second lane for experiments, in a process of its own, from outside. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Text } from '../error.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import type { Family } from '../lab/addresses.js';
import { emptyRun, type PlannedRun, type SecondLane } from '../experiments/lane.js';
import { NO_DEBUGGER } from '../linux/libc/no-debugger.js';

/** What it is told. */
export interface ChildTask {
  readonly id: string;
  readonly family: Family;
}

/** What it says first; then a run for each task. */
export const READY = 'ready';

/** Compiled code: beside the sources, as in the tests, it is that of the last build. */
const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../dist/cli/' : './', import.meta.url);

/** Where the system has no process for it, it is never ready. Ends with `signal`, too. */
export function laneInProcess(signal?: AbortSignal): SecondLane {
  const child = start();
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
    signal?.removeEventListener('abort', close);
    child?.kill('SIGKILL');
  };
  child?.once('exit', close);
  signal?.addEventListener('abort', close);
  return {
    ready: new Promise((resolve) => child?.once('message', () => resolve())),
    get isOpen() {
      return isOpen;
    },
    // One that could not be started has an error only.
    ended: new Promise((resolve) => {
      if (child === undefined) resolve();
      child?.once('exit', () => resolve()).once('error', () => resolve());
    }),
    run: (planned) =>
      child === undefined
        ? Promise.resolve(failed(planned, { en: 'no process', zh: '没有进程' }))
        : runIn(child, planned),
    close,
  };
}

function runIn(child: ChildProcess, planned: PlannedRun): Promise<ExperimentRun> {
  return new Promise((resolve) => {
    const settle = (run: ExperimentRun): void => {
      child.off('message', onMessage).off('exit', onExit);
      resolve(run);
    };
    const onMessage = (run: unknown): void => settle(run as ExperimentRun);
    const onExit = (status: number | null, signal: NodeJS.Signals | null): void =>
      settle(failed(planned, ended(status, signal)));
    child.on('message', onMessage).on('exit', onExit);
    const task: ChildTask = { id: planned.experiment.id, family: planned.family };
    // What cannot be sent is sent to one that has ended, or is about to be ended.
    child.send(task, () => undefined);
  });
}

function start(): ChildProcess | undefined {
  try {
    return fork(fileURLToPath(new URL('experiment-child.js', FOLDER)), [], {
      detached: true, // Ctrl-C reaches this process alone, which ends that one
      execArgv: [NO_DEBUGGER],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced', // packets are bytes
    }).on('error', () => undefined);
  } catch {
    return undefined;
  }
}

const ended = (status: number | null, signal: NodeJS.Signals | null): Text =>
  signal === null
    ? { en: `its process ended (status ${String(status)})`, zh: `其进程已结束（状态 ${String(status)}）` }
    : { en: `its process was ended by ${signal}`, zh: `其进程被 ${signal} 结束` };

const failed = (planned: PlannedRun, failure: Text): ExperimentRun => ({ ...emptyRun(planned), failure });
