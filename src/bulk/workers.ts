/** The threads of a run: started with a task, and waited for whatever happens. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { EngineMessage, EngineTask, ListenerReport, ListenerTask } from './control.js';

/** Workers run compiled code: beside the sources, as in the tests, it is that of the last build. */
const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../dist/bulk/' : './', import.meta.url);

/** What they work on lies outside of V8's heap; by default a thread's youngest objects alone may take 48 MB. */
const SMALL_HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

export interface Thread<Message> {
  /** Rejects with what the thread threw. */
  readonly ended: Promise<void>;
  onMessage(listener: (message: Message) => void): void;
}

export const startEngine = (task: EngineTask): Thread<EngineMessage> => start('engine-worker.js', task);

export const startListener = (task: ListenerTask): Thread<ListenerReport> => start('listener-worker.js', task);

function start<Message>(file: string, task: EngineTask | ListenerTask): Thread<Message> {
  const worker = new Worker(new URL(file, FOLDER), { workerData: task, execArgv: [], resourceLimits: SMALL_HEAP });
  const exited = once(worker, 'exit'); // rejects at 'error'
  return {
    ended: exited.then(() => undefined),
    onMessage: (listener) => worker.on('message', listener),
  };
}
