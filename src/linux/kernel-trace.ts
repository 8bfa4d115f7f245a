/** The kernel's trace, while it is kept: what it does with TCP segments and sockets, in its own words. */
import { closeSync, constants, existsSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../error.js';
import type { Missing } from '../evidence/missing.js';
import { SOCKET_CALLS } from '../evidence/trace/calls.js';
import { planTrace, type TraceScope } from '../evidence/trace/plan.js';
import { TraceReader } from '../evidence/trace/reader.js';
import type { TraceRecord } from '../evidence/trace/record.js';
import { monotonicNow } from './clock.js';
import { interruptedForMs } from './interruption.js';
import { TraceGuard } from './trace-guard.js';
import { abandonedInstances, eventFormat, findTracefs, newInstance } from './tracefs.js';

export interface KernelTrace {
  /** Whether the kernel tells anything at all. Waits until it traces. */
  readonly running: boolean;
  /**
   * What the kernel will not tell, or has told faster than it was read; where it tells nothing, why. Empty where it tells
   * all. Waits until it traces.
   */
  readonly missing: readonly Missing[];
  /** This process, by the id that the trace knows it by. */
  readonly pid: number;
  /** Waits until it traces; gives now, monotonic milliseconds, to ask from. */
  mark(): number;
  /**
   * All from `fromMs` on until now, the whole machine's; what of it is too much is left out, and `missing` says so. What is
   * older is forgotten. Once a signal is to end this program, it reads no further.
   */
  recordsSince(fromMs: number): readonly TraceRecord[];
  /** From now on also the system calls that make and join sockets: of these processes, and of programs of these names. */
  watchCalls(callers: { readonly pids?: readonly number[]; readonly programs?: readonly string[] }): void;
  /** Records nothing, of the whole machine, until what it gives is closed. */
  pause(): { close(): void };
  /** Ends it. The instance is removed in the background, some 70 ms later, as it is when this process dies. Idempotent. */
  close(): void;
}

/**
 * Begins to trace, in an instance of its own; returns at once, `mark` waits. Where there is nothing to be had (no root, no
 * tracefs, a kernel locked down) it says so in `missing`, and gives no records.
 */
export function openKernelTrace(scope: TraceScope = {}): KernelTrace {
  const tracefs = findTracefs();
  if ('missing' in tracefs) return noTrace([tracefs.missing]);
  const { folder } = tracefs;
  const { writes, missing } = planTrace((event) => eventFormat(folder, event), scope);
  return new RunningTrace(new TraceGuard(newInstance(folder), abandonedInstances(folder), writes), missing);
}

/** In place of a trace, where none is kept. */
export const noTrace = (missing: readonly Text[]): KernelTrace => ({
  running: false,
  missing,
  pid: process.pid,
  mark: monotonicNow,
  recordsSince: () => [],
  watchCalls: () => undefined,
  pause: () => ({ close: () => undefined }),
  close: () => undefined,
});

const OWN_MARK = 'rawshake';
const CHUNK_BYTES = 65_536;
/** A buffer full of events is read in a small part of this, also where the processors are busy. */
const LONGEST_READ_MS = 5000;

class RunningTrace implements KernelTrace {
  readonly #reader = new TraceReader();
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #missing: readonly Text[] | undefined;
  #pipe: number | undefined;
  #pid = process.pid;
  /** The kernel told more than could be read in time. */
  #cutShort = false;
  /** The filter of the system calls that are watched. */
  #watched: string | undefined;
  #open = true;

  constructor(
    private readonly guard: TraceGuard,
    private readonly lacks: readonly Text[],
  ) {}

  get running(): boolean {
    this.#begun();
    return this.#pipe !== undefined;
  }

  get missing(): readonly Missing[] {
    const { lost } = this.#reader;
    return [...this.#begun(), ...(lost > 0 ? [overrun(lost)] : []), ...(this.#cutShort ? [UNREAD] : [])];
  }

  get pid(): number {
    this.#begun();
    return this.#pid;
  }

  mark(): number {
    this.#begun();
    return monotonicNow();
  }

  recordsSince(fromMs: number): readonly TraceRecord[] {
    this.#begun();
    this.#reader.forget(fromMs);
    const untilMs = this.#read();
    return this.#reader.records.filter(({ atMs }) => atMs <= untilMs);
  }

  watchCalls({ pids = [], programs = [] }: { pids?: readonly number[]; programs?: readonly string[] }): void {
    this.#begun();
    if (this.#pipe === undefined) return;
    const filter = [
      ...pids.map((pid) => `common_pid == ${String(pid)}`),
      ...programs.map((program) => `comm == "${program}"`),
    ].join(' || ');
    if (filter === this.#watched) return;
    this.#watched = filter;
    for (const call of SOCKET_CALLS) {
      for (const side of ['enter', 'exit']) {
        const event = join(this.guard.instance, 'events', 'syscalls', `sys_${side}_${call}`);
        if (!existsSync(event)) continue; // `missing` has said so
        writeFileSync(join(event, 'filter'), filter);
        writeFileSync(join(event, 'enable'), '1');
      }
    }
  }

  pause(): { close(): void } {
    this.#begun();
    this.#record('0');
    return { close: () => this.#record('1') };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#pipe !== undefined) closeSync(this.#pipe);
    this.#pipe = undefined;
    this.guard.close();
  }

  #record(on: '0' | '1'): void {
    if (this.#pipe !== undefined) writeFileSync(join(this.guard.instance, 'tracing_on'), on);
  }

  /** Waits for the guard, once. */
  #begun(): readonly Text[] {
    return (this.#missing ??= this.#begin());
  }

  #begin(): readonly Text[] {
    if (!this.#open) return [];
    const failure = this.guard.failure();
    if (failure !== undefined) return [refused(failure)];
    const { instance } = this.guard;
    this.#pipe = openSync(join(instance, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    this.#reader.forget(monotonicNow());
    // In a PID namespace this process has another id there than here.
    writeFileSync(join(instance, 'trace_marker'), OWN_MARK);
    this.#read();
    this.#pid = this.#reader.records.find(({ text }) => text === OWN_MARK)?.pid ?? process.pid;
    return this.lacks;
  }

  /** Until now, which it gives, and no further: whoever makes events faster than they are read would keep it for ever. */
  #read(): number {
    const untilMs = monotonicNow();
    while (this.#pipe !== undefined && this.#reader.newestMs <= untilMs && interruptedForMs() < 0) {
      this.#cutShort ||= monotonicNow() - untilMs > LONGEST_READ_MS;
      const length = this.#cutShort ? 0 : readNow(this.#pipe, this.#chunk);
      if (length === 0) break;
      this.#reader.push(this.#chunk.toString('latin1', 0, length));
    }
    return untilMs;
  }
}

/** 0 where there is nothing to read yet. */
function readNow(fd: number, chunk: Uint8Array): number {
  try {
    return readSync(fd, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

const overrun = (lost: number): Missing => ({
  en: `${String(lost)} events that were lost, for this machine is busy`,
  zh: `因机器繁忙而丢失的 ${String(lost)} 个事件`,
  lostSoFar: lost,
});

const UNREAD: Text = {
  en: 'events that could not be read in time, for this machine is busy',
  zh: '因机器繁忙而未能及时读取的事件',
};

const refused = (why: string): Text => ({
  en: `its trace events were refused (${why})`,
  zh: `跟踪事件被拒绝（${why}）`,
});
