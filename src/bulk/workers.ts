/** The threads of a run: handed their tasks, and waited for whatever happens. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { EngineMessage, EngineTask, ListenerReport, ListenerTask } from './control.js';

/** Workers run compiled code: beside the sources, as in the tests, it is that of the last build. */
const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../dist/bulk/' : './', import.meta.url);

/** What they work on lies outside of V8's heap; by default a thread's youngest objects alone may take 48 MB. */
const SMALL_HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

/** One task of a thread's. */
export interface Work<Message> {
  /** Rejects with what the thread threw. */
  readonly ended: Promise<void>;
  onMessage(listener: (message: Message) => void): void;
}

/** The two threads of a run, begun when first needed. They go on to the next one: to begin takes longer than many a run. */
export class Crew {
  readonly #engine = new Thread<EngineTask, EngineMessage>('engine-worker.js', ({ kind }) => kind === 'end');
  readonly #listener = new Thread<ListenerTask, ListenerReport>('listener-worker.js', () => true);

  engine(task: EngineTask): Work<EngineMessage> {
    return this.#engine.give(task);
  }

  listener(task: ListenerTask): Work<ListenerReport> {
    return this.#listener.give(task);
  }

  /** Ends both; resolves when they are gone. Each should have done its task. */
  async dismiss(): Promise<void> {
    await Promise.all([this.#engine.end(), this.#listener.end()]);
  }
}

class Thread<Task, Message> {
  #worker: Worker | undefined;
  /** Rejects with what the thread threw. */
  #exited: Promise<unknown> = Promise.resolve();

  /** `isLast`: of a message that ends a task. */
  constructor(
    private readonly file: string,
    private readonly isLast: (message: Message) => boolean,
  ) {}

  /** One task at a time. */
  give(task: Task): Work<Message> {
    const worker = (this.#worker ??= this.#begin());
    const listeners: ((message: Message) => void)[] = [];
    const last = new Promise<void>((resolve) => {
      const onMessage = (message: Message): void => {
        for (const listener of listeners) listener(message);
        if (!this.isLast(message)) return;
        worker.off('message', onMessage);
        resolve();
      };
      worker.on('message', onMessage);
    });
    worker.postMessage(task);
    return {
      ended: Promise.race([last, this.#exited.then(() => undefined)]),
      onMessage: (listener) => listeners.push(listener),
    };
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #begin(): Worker {
    const worker = new Worker(new URL(this.file, FOLDER), { execArgv: [], resourceLimits: SMALL_HEAP });
    this.#exited = once(worker, 'exit'); // rejects at 'error'
    this.#exited.catch(() => undefined); // told by the task
    return worker;
  }
}
