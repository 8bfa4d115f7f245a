/** The kernel's trace, while it is kept: what it does with TCP segments and sockets, in its own words. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../../error.js';
import type { Missing } from '../../evidence/missing.js';
import { SOCKET_CALLS } from '../../evidence/trace/calls.js';
import {
  FIELDS_OPTION,
  NO_SOCKETS_TOLD,
  planSocketTrace,
  planTrace,
  type TraceScope,
} from '../../evidence/trace/plan.js';
import type { TraceRecord } from '../../evidence/trace/record.js';
import { SAME_EVENT_MS, SocketNumbers, withSockets } from '../../evidence/trace/socket-identity.js';
import { monotonicNow } from '../libc/clock.js';
import { TraceGuard } from './trace-guard.js';
import { TracePipe } from './trace-pipe.js';
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
  /** The same a piece at a time, each record once: for whoever hears of it while it goes on. */
  follow(fromMs: number): FollowedTrace;
  /** Whether anything of that time was lost, as far as it has been read: then what is not there may have been. */
  lostSince(fromMs: number): boolean;
  /** From now on also the system calls that make and join sockets: of these processes, and of programs of these names. */
  watchCalls(callers: { readonly pids?: readonly number[]; readonly programs?: readonly string[] }): void;
  /** Records nothing, of the whole machine, until what it gives is closed. */
  pause(): { close(): void };
  /** Ends it. The instance is removed in the background, some 70 ms later, as it is when this process dies. Idempotent. */
  close(): void;
}

export interface FollowedTrace {
  /** What was up to then, and has not been given; what becomes known late, late. `untilMs` is to be a little while ago. */
  until(untilMs: number): readonly TraceRecord[];
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
  const telling = [{ folder: newInstance(folder), writes }];
  const tellsSockets = existsSync(join(folder, FIELDS_OPTION));
  if (tellsSockets) telling.push({ folder: newInstance(folder), writes: planSocketTrace(scope) });
  const lacks = tellsSockets ? missing : [...missing, NO_SOCKETS_TOLD];
  return new RunningTrace(new TraceGuard(telling, abandonedInstances(folder)), lacks);
}

/** In place of a trace, where none is kept. */
export const noTrace = (missing: readonly Text[]): KernelTrace => ({
  running: false,
  missing,
  pid: process.pid,
  mark: monotonicNow,
  recordsSince: () => [],
  follow: () => ({ until: () => [] }),
  lostSince: () => false,
  watchCalls: () => undefined,
  pause: () => ({ close: () => undefined }),
  close: () => undefined,
});

const OWN_MARK = 'rawshake';

class RunningTrace implements KernelTrace {
  readonly #events: TracePipe;
  /** Where the kernel can tell which sockets change their states. */
  readonly #sockets: TracePipe | undefined;
  #missing: readonly Text[] | undefined;
  #pid = process.pid;
  /** The filter of the system calls that are watched. */
  #watched: string | undefined;
  #open = true;

  constructor(
    private readonly guard: TraceGuard,
    private readonly lacks: readonly Text[],
  ) {
    const [events, sockets] = guard.instances;
    if (events === undefined) throw new TypeError('a trace without an instance');
    this.#events = new TracePipe(events.folder);
    this.#sockets = sockets === undefined ? undefined : new TracePipe(sockets.folder);
  }

  get running(): boolean {
    this.#begun();
    return this.#events.isOpen;
  }

  get missing(): readonly Missing[] {
    const lacks = this.#begun();
    const lost = this.#pipes().reduce((sum, pipe) => sum + pipe.lost, 0);
    const isUnread = this.#pipes().some(({ isCutShort }) => isCutShort);
    return [...lacks, ...(lost > 0 ? [overrun(lost)] : []), ...(isUnread ? [UNREAD] : [])];
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
    const untilMs = monotonicNow();
    const records = this.#events.read(fromMs, untilMs);
    return this.#sockets === undefined ? records : withSockets(records, this.#sockets.read(fromMs, untilMs));
  }

  follow(fromMs: number): FollowedTrace {
    const numbers = new SocketNumbers();
    const given = new WeakSet<TraceRecord>();
    const fresh = (pipe: TracePipe, untilMs: number): readonly TraceRecord[] => {
      const records = pipe.read(fromMs, monotonicNow());
      const due = records.filter((record) => record.atMs <= untilMs && !given.has(record));
      for (const record of due) given.add(record);
      return due;
    };
    return {
      until: (untilMs) => {
        this.#begun();
        if (this.#sockets !== undefined) numbers.hear(fresh(this.#sockets, untilMs + SAME_EVENT_MS));
        return fresh(this.#events, untilMs).map((record) => numbers.numbered(record));
      },
    };
  }

  lostSince(fromMs: number): boolean {
    return this.#pipes().some((pipe) => pipe.lostSince(fromMs));
  }

  watchCalls({ pids = [], programs = [] }: { pids?: readonly number[]; programs?: readonly string[] }): void {
    this.#begun();
    if (!this.#events.isOpen) return;
    const filter = [
      ...pids.map((pid) => `common_pid == ${String(pid)}`),
      ...programs.map((program) => `comm == "${program}"`),
    ].join(' || ');
    if (filter === this.#watched) return;
    this.#watched = filter;
    for (const call of SOCKET_CALLS) {
      for (const side of ['enter', 'exit']) {
        const event = join(this.#events.folder, 'events', 'syscalls', `sys_${side}_${call}`);
        if (!existsSync(event)) continue; // `missing` has said so
        writeFileSync(join(event, 'filter'), filter);
        writeFileSync(join(event, 'enable'), '1');
      }
    }
  }

  pause(): { close(): void } {
    this.#begun();
    const record = (on: '0' | '1'): void => {
      for (const pipe of this.#pipes()) pipe.write('tracing_on', on);
    };
    record('0');
    return {
      close: () => {
        record('1');
      },
    };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const pipe of this.#pipes()) pipe.close();
    this.guard.close();
  }

  #pipes(): readonly TracePipe[] {
    return this.#sockets === undefined ? [this.#events] : [this.#events, this.#sockets];
  }

  /** Waits for the guard, once. */
  #begun(): readonly Text[] {
    return (this.#missing ??= this.#begin());
  }

  #begin(): readonly Text[] {
    if (!this.#open) return [];
    const failure = this.guard.failure();
    if (failure !== undefined) return [refused(failure)];
    for (const pipe of this.#pipes()) pipe.open();
    // In a PID namespace this process has another id there than here.
    const fromMs = monotonicNow();
    this.#events.write('trace_marker', OWN_MARK);
    this.#pid = this.#events.read(fromMs, monotonicNow()).find(({ text }) => text === OWN_MARK)?.pid ?? process.pid;
    return this.lacks;
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

const refused = ({ en, zh }: Text): Text => ({
  en: `its trace events were refused (${en})`,
  zh: `跟踪事件被拒绝（${zh}）`,
});
