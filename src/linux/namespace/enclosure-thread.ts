/**
 * A thread that goes into an enclosure and never comes back: network, mounts and the process ids of its children are those of the
 * inside, and what it starts is. Root of a user namespace may enter a PID namespace of its own and not return to the one that it
 * came from (pidns_install()), so the main thread could not have done it. setns(2), unshare(2).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { CLONE_NEWNET, CLONE_NEWPID, O_CLOEXEC } from '../libc/constants.js';
import { libc } from '../libc/libc.js';
import { startInit } from './enclosure-init.js';
import type {
  EnclosureAnswer,
  EnclosureRequest,
  EnclosureStep,
  EnclosureTask,
  SentError,
  StartRequest,
} from './enclosure-messages.js';
import { replaceHosts, unshareMounts } from './private-mounts.js';
import { standInPrivateRoot } from './private-root.js';

const task = workerData as EnclosureTask;
const programs = new Map<number, ChildProcess>();

function say(answer: EnclosureAnswer): void {
  parentPort?.postMessage(answer);
}

const sent = (error: unknown): SentError => {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  return { code, syscall, message };
};

let step: EnclosureStep = 'network';

async function goInside(): Promise<void> {
  const fd = libc('open', task.netns, O_CLOEXEC, 0);
  libc('setns', fd, CLONE_NEWNET);
  libc('close', fd);
  const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  step = 'mounts';
  unshareMounts();
  step = 'hosts';
  if (task.hosts !== undefined) replaceHosts(task.hosts);
  step = 'root';
  if (task.root !== undefined) standInPrivateRoot(task.root);
  step = 'processes';
  libc('unshare', CLONE_NEWPID); // from here on no thread can be made of this one, but nothing here makes any
  step = 'init';
  const { child, ready } = startInit(task.environment, task.lock);
  const procRefused = await ready;
  parentPort?.on('message', (request: EnclosureRequest) => {
    take(request, child);
  });
  child.once('exit', tellGone);
  if (child.exitCode !== null || child.signalCode !== null) tellGone();
  say({ kind: 'open', init: child.pid ?? 0, thread, procRefused });
}

/** When the first process has ended, all others have, and were reaped (zap_pid_ns_processes()). */
function tellGone(): void {
  Atomics.store(task.gone, 0, 1);
  Atomics.notify(task.gone, 0);
  say({ kind: 'gone' });
}

function take(request: EnclosureRequest, init: ChildProcess): void {
  switch (request.kind) {
    case 'start':
      start(request);
      break;
    case 'signal':
      programs.get(request.id)?.kill(request.name);
      break;
    case 'close':
      init.kill('SIGKILL');
      break;
  }
}

function start({ id, argv, cwd, environment, stdio }: StartRequest): void {
  const [program = '', ...args] = argv;
  const refuse = (error: unknown): void => {
    say({ kind: 'not-started', id, error: sent(error) });
  };
  try {
    const child = spawn(program, args, {
      cwd,
      env: environment,
      stdio: stdio.map((fd) => fd ?? 'ignore'),
      detached: task.root !== undefined, // a stranger has no terminal
    });
    child.once('error', refuse);
    if (child.pid === undefined) return;
    programs.set(id, child);
    child.once('exit', (status, signal) => {
      programs.delete(id);
      say({ kind: 'ended', id, ...(signal === null ? { status: status ?? 0 } : { signal }) });
    });
    say({ kind: 'started', id, pid: child.pid });
  } catch (error) {
    refuse(error);
  }
}

goInside().catch((error: unknown) => {
  say({ kind: 'refused', step, error: sent(error) });
});
