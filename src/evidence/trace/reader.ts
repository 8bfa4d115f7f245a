/**
 * Reads the text of a trace as it comes, in pieces of any length: lines, and the stacks that follow them. Any user's program
 * may cause events, in any number, and stands in them by a name of its own choice, 15 bytes that may be anything.
 */
import type { TraceRecord } from './record.js';

/** `  node-7789    [000] ..s1. 11711.617078: tcp_send_reset: …`; the name may hold spaces, hyphens, and even line ends. */
const LINE = /^(.*)-(\d+)\s+(?:\(\s*[-\d]+\)\s+)?\[(\d+)\]\s+(\S+)\s+(\d+)\.(\d+):\s(.*)$/s;
/** The name's column, right-aligned, is wider than any name: `%16s-%-7d` of trace_print_context. */
const NAME_WIDTH = 16;
/** `tcp_send_reset: …`, `sys_bind(…)`, `sys_bind -> 0x0`. */
const EVENT = /^(\w+)(?::\s?|(?=\(| -> ))(.*)$/s;
const STACK_BEGINS = '<stack trace>';
const STACK_LINE = /^ => (\S+)/;
/** A line of its own, longer than a name; the kernel does not always know how many. */
const LOST = /^CPU:(\d+) \[LOST (?:(\d+) )?EVENTS\]$/;

const SOFTIRQ_COLUMN = 2;

/** With the stacks of most some 30 MB. A run of ours makes some hundreds. */
const MOST_RECORDS = 20_000;

interface Growing extends TraceRecord {
  readonly stack: string[];
  afterLoss: boolean;
}

export class TraceReader {
  #unfinished = '';
  /** Of each processor. */
  readonly #last = new Map<number, Growing>();
  #stackOf: Growing | undefined;
  /** The processors whose next event comes after a loss: until when it was, as far as that is known. */
  readonly #lostOn = new Map<number, number>();
  #lostUntilMs = -Infinity;
  #records: Growing[] = [];
  #fromMs = -Infinity;
  /** When the last event that has been read happened. */
  newestMs = -Infinity;
  /** How many events the kernel's buffer could not hold, or this one. */
  lost = 0;

  constructor(private readonly mostRecords = MOST_RECORDS) {}

  /** What has been read and not forgotten, in the order of time; of too much the newest. */
  get records(): readonly TraceRecord[] {
    return this.#records.sort((a, b) => a.atMs - b.atMs);
  }

  /** Whether any of the lost may have happened since. */
  lostSince(fromMs: number): boolean {
    return this.#lostUntilMs >= fromMs || [...this.#lostOn.values()].some((untilMs) => untilMs >= fromMs);
  }

  push(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    const tooMuch = this.#records.length - this.mostRecords;
    if (tooMuch > 0) this.#lose(tooMuch);
  }

  /** Lets go of what was before, and keeps nothing of it that is read from now on. */
  forget(beforeMs: number): void {
    this.#fromMs = beforeMs;
    this.#records = this.#records.filter(({ atMs }) => atMs >= beforeMs);
  }

  #line(line: string): void {
    // An event first: its name may look like any other line.
    const match = LINE.exec(line);
    if (match !== null) {
      this.#event(match);
      return;
    }
    const frame = STACK_LINE.exec(line)?.[1];
    if (frame !== undefined) {
      this.#stackOf?.stack.push(frame);
      return;
    }
    const lost = LOST.exec(line);
    if (lost !== null) {
      this.lost += Number(lost[2] ?? 1);
      this.#lostOn.set(Number(lost[1]), Infinity);
    }
    this.#stackOf = undefined;
  }

  /** The oldest. */
  #lose(count: number): void {
    const gone = this.#records.splice(0, count);
    this.lost += gone.length;
    for (const [cpu, atMs] of new Map(gone.map((record) => [record.cpu, record.atMs]))) {
      this.#lostUntilMs = Math.max(this.#lostUntilMs, atMs);
      const next = this.#records.find((record) => record.cpu === cpu);
      if (next === undefined) this.#lostOn.set(cpu, atMs);
      else next.afterLoss = true;
    }
  }

  #event(match: RegExpExecArray): void {
    const [, name = '', pid = '', cpu = '', flags = '', seconds = '', micros = '', body = ''] = match;
    this.#takeBack(NAME_WIDTH - name.length);
    this.#stackOf = undefined;
    if (body.startsWith(STACK_BEGINS)) {
      const last = this.#last.get(Number(cpu));
      if (last?.pid === Number(pid)) this.#stackOf = last;
      return;
    }
    const [, event, text] = EVENT.exec(body) ?? [];
    if (event === undefined || text === undefined) return;
    const atMs = Number(seconds) * 1000 + Number(micros) / 1000;
    const lostUntilMs = this.#lostOn.get(Number(cpu)) ?? -Infinity;
    this.#lostUntilMs = Math.max(this.#lostUntilMs, Math.min(lostUntilMs, atMs));
    const record: Growing = {
      atMs,
      cpu: Number(cpu),
      pid: Number(pid),
      program: name.trimStart(),
      softirq: 'sH'.includes(flags[SOFTIRQ_COLUMN] ?? '.'),
      afterLoss: this.#lostOn.delete(Number(cpu)),
      event,
      text,
      stack: [],
    };
    this.newestMs = record.atMs;
    this.#last.set(record.cpu, record);
    if (record.atMs >= this.#fromMs) this.#records.push(record);
  }

  /** A name with line ends in it: its first lines, of so many characters, may have passed for a stack's. */
  #takeBack(characters: number): void {
    for (let left = characters; left > 0;) {
      const frame = this.#stackOf?.stack.pop();
      if (frame === undefined) return;
      left -= ` => ${frame}\n`.length;
    }
  }
}
