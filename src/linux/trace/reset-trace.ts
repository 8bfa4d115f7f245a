/** The kernel's trace of RSTs, for as long as anybody watches: read now and then; what comes too fast is left off, and that is said. */
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Text } from '../../error.js';
import { planResetTrace, RESET_INSTANCES, type ResetInstance } from '../../evidence/trace/reset-plan.js';
import { TraceReader } from '../../evidence/trace/reader.js';
import type { TraceRecord } from '../../evidence/trace/record.js';
import { monotonicNow, type RealtimeOffset, taiAheadMs } from '../libc/clock.js';
import { type TraceInstance, TraceGuard } from './trace-guard.js';
import { readNow } from './trace-pipe.js';
import { abandonedInstances, eventFormat, findTracefs, newInstance } from './tracefs.js';

export interface ResetTrace {
  /** Whether it tells of these still. */
  isOn(instance: ResetInstance): boolean;
  /** What it tells, and what it cannot, has lost, or has been left off. */
  readonly missing: readonly Text[];
  /** Reads what there is. Those of the last while, in the order of time, by instance. */
  read(): Readonly<Record<ResetInstance, readonly TraceRecord[]>>;
  /** Whether anything of these was lost since then. */
  lostSince(instance: ResetInstance, fromMs: number): boolean;
  /** Idempotent. */
  close(): void;
}

const CHUNK_BYTES = 65_536;
/** At one time; what is more has to wait, or is lost. The kernel gives a page or two at once. */
const MOST_BYTES = 4 << 20;
/** Before the last reading: what passed since may be asked about. */
const KEPT_MS = 2000;
/** Of one instance. Each has a stack, which costs the kernel some microseconds, and this program as many. */
export const MOST_PER_SECOND = 2000;
/** For so long it is left off, or anybody could blind it for good. */
const LEFT_OFF_MS = 10_000;

const NONE = { resets: [], makers: [], drops: [] };

/**
 * Returns once it traces, by the clock that packets are stamped with: `realtime` is to be that which their stamps are converted by. Where there is nothing to be had, it
 * tells nothing, and `missing` says why.
 */
export function openResetTrace(realtime: RealtimeOffset): ResetTrace {
  const tracefs = findTracefs();
  if ('missing' in tracefs) return noResetTrace([tracefs.missing]);
  const { folder } = tracefs;
  const { writes, missing } = planResetTrace((event) => eventFormat(folder, event));
  const named = RESET_INSTANCES.flatMap((name) => {
    const ofIt = writes[name];
    return ofIt === undefined ? [] : [{ name, instance: { folder: newInstance(folder), writes: ofIt } }];
  });
  if (named.length === 0) return noResetTrace(missing);
  const guard = new TraceGuard(
    named.map(({ instance }) => instance),
    abandonedInstances(folder),
  );
  const failure = guard.failure();
  if (failure !== undefined) {
    guard.close();
    return noResetTrace([refused(failure)]);
  }
  return new RunningTrace(
    guard,
    new Map(named.map(({ name, instance }) => [name, new Pipe(name, instance, realtime)])),
    missing,
  );
}

export const noResetTrace = (missing: readonly Text[]): ResetTrace => ({
  ...{ isOn: () => false, missing, read: () => NONE, lostSince: () => false, close: () => undefined },
});

class RunningTrace implements ResetTrace {
  #open = true;

  constructor(
    private readonly guard: TraceGuard,
    private readonly pipes: ReadonlyMap<ResetInstance, Pipe>,
    private readonly lacks: readonly Text[],
  ) {}

  isOn(instance: ResetInstance): boolean {
    return this.pipes.get(instance)?.isOn === true;
  }

  get missing(): readonly Text[] {
    const pipes = [...this.pipes.values()];
    const lost = pipes.reduce((sum, pipe) => sum + pipe.lost, 0);
    const left = pipes.filter(({ wasLeftOff }) => wasLeftOff).map(({ name }) => LEFT_OFF[name]);
    return [...this.lacks, ...left, ...(lost > 0 ? [overrun(lost)] : [])];
  }

  read(): Readonly<Record<ResetInstance, readonly TraceRecord[]>> {
    const of = (name: ResetInstance): readonly TraceRecord[] => this.pipes.get(name)?.read() ?? [];
    return { resets: of('resets'), makers: of('makers'), drops: of('drops') };
  }

  lostSince(instance: ResetInstance, fromMs: number): boolean {
    return this.pipes.get(instance)?.lostSince(fromMs) === true;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const pipe of this.pipes.values()) pipe.close();
    this.guard.close();
  }
}

/** One instance, read. */
class Pipe {
  readonly #fd: number;
  readonly #reader = new TraceReader();
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  /** What was read, with its time made monotonic: the same each time. */
  readonly #converted = new WeakMap<TraceRecord, TraceRecord>();
  /** By how much its clock is ahead of CLOCK_REALTIME; undefined: it is monotonic. */
  readonly #aheadMs: number | undefined;
  /** How many came since. */
  #second: { readonly fromMs: number; count: number };
  #readAtMs = -Infinity;
  #unreadAtMs = -Infinity;
  #onFromMs = -Infinity;
  isOn = true;
  wasLeftOff = false;

  constructor(
    readonly name: ResetInstance,
    private readonly instance: TraceInstance,
    private readonly realtime: RealtimeOffset,
  ) {
    this.#fd = openSync(join(instance.folder, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    const isTai = readFileSync(join(instance.folder, 'trace_clock'), 'latin1').includes('[tai]');
    this.#aheadMs = isTai ? taiAheadMs() : undefined;
    this.#second = { fromMs: monotonicNow(), count: 0 };
  }

  get lost(): number {
    return this.#reader.lost;
  }

  /** Or not read yet. */
  lostSince(fromMs: number): boolean {
    return this.#unreadAtMs >= fromMs || this.#reader.lostSince(fromMs + this.#ahead);
  }

  read(): readonly TraceRecord[] {
    const now = monotonicNow();
    const ahead = this.#ahead;
    this.#reader.forget(this.#readAtMs - KEPT_MS + ahead);
    this.#readAtMs = now;
    for (let bytes = 0; ;) {
      const length = readNow(this.#fd, this.#chunk);
      if (length === 0) break;
      this.#reader.push(this.#chunk.toString('latin1', 0, length));
      bytes += length;
      if (bytes > MOST_BYTES) {
        this.#unreadAtMs = now;
        break;
      }
    }
    const { records } = this.#reader;
    const converted = records.map((record) => this.#convert(record, ahead));
    this.#leaveOffIfTooMany(now);
    return converted;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Of its clock before the monotonic one. */
  get #ahead(): number {
    return this.#aheadMs === undefined ? 0 : this.#aheadMs + this.realtime.now();
  }

  #convert(record: TraceRecord, ahead: number): TraceRecord {
    const known = this.#converted.get(record);
    if (known !== undefined) return known;
    const converted = { ...record, atMs: record.atMs - ahead };
    this.#converted.set(record, converted);
    this.#second.count += 1;
    return converted;
  }

  /** Before it costs more than it tells. */
  #leaveOffIfTooMany(now: number): void {
    const { fromMs, count } = this.#second;
    // A busy host looks later than it would, and has more to read then of no more in a second.
    const seconds = Math.max(1, (now - fromMs) / 1000);
    if (this.isOn && count > MOST_PER_SECOND * seconds) {
      this.#turn('0');
      this.wasLeftOff = true;
      this.#onFromMs = now + LEFT_OFF_MS;
    } else if (!this.isOn && now >= this.#onFromMs) {
      this.#turn('1');
      this.#unreadAtMs = now; // what passed until now was not told
    }
    if (seconds > 1) this.#second = { fromMs: now, count: 0 };
  }

  #turn(on: '0' | '1'): void {
    writeFileSync(join(this.instance.folder, 'tracing_on'), on);
    this.isOn = on === '1';
  }
}

const most = String(MOST_PER_SECOND);

const LEFT_OFF: Readonly<Record<ResetInstance, Text>> = {
  resets: {
    en: `why the kernel sends RSTs, for a while, since there were more than ${most} in a second`,
    zh: `内核为何发出 RST（一秒内超过 ${most} 个，曾暂停跟踪）`,
  },
  makers: {
    en: `whether a rule or a program made a RST, for a while, since more than ${most} small packets left in a second`,
    zh: `RST 出自规则还是程序（一秒内发出的小报文超过 ${most} 个，曾暂停跟踪）`,
  },
  drops: {
    en: `what a firewall drops, for a while, since it was more than ${most} packets in a second`,
    zh: `防火墙丢弃了什么（一秒内超过 ${most} 个，曾暂停跟踪）`,
  },
};

const overrun = (lost: number): Text => ({
  en: `${lost} events that were lost, for this machine is busy`,
  zh: `因机器繁忙而丢失的 ${lost} 个事件`,
});

const refused = ({ en, zh }: Text): Text => ({
  en: `its trace events were refused (${en})`,
  zh: `跟踪事件被拒绝（${zh}）`,
});
