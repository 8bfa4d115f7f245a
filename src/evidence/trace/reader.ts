/** Reads the text of a trace as it comes, in pieces of any length: lines, and the stacks that follow them. */
import type { TraceRecord } from './record.js';

/** `  node-7789    [000] ..s1. 11711.617078: tcp_send_reset: …`; the name may hold spaces and hyphens. */
const LINE = /^\s*(.+)-(\d+)\s+(?:\(\s*[-\d]+\)\s+)?\[(\d+)\]\s+(\S+)\s+(\d+)\.(\d+):\s(.*)$/;
/** `tcp_send_reset: …`, `sys_bind(…)`, `sys_bind -> 0x0`. */
const EVENT = /^(\w+)(?::\s?|(?=\(| -> ))(.*)$/;
const STACK_BEGINS = '<stack trace>';
const STACK_LINE = /^\s*=>\s+(\S+)/;
const LOST = /\[LOST (\d+) EVENTS\]/;

const SOFTIRQ_COLUMN = 2;

interface Growing extends TraceRecord {
  readonly stack: string[];
}

export class TraceReader {
  #unfinished = '';
  readonly #last = new Map<string, Growing>();
  #stackOf: Growing | undefined;
  #records: Growing[] = [];
  /** How many events the kernel's buffer could not hold. */
  lost = 0;

  /** Everything that has been read and not forgotten, in the order of time. */
  get records(): readonly TraceRecord[] {
    return this.#records.sort((a, b) => a.atMs - b.atMs);
  }

  push(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  /** Lets go of what was before. */
  forget(beforeMs: number): void {
    this.#records = this.#records.filter(({ atMs }) => atMs >= beforeMs);
  }

  #line(line: string): void {
    const frame = STACK_LINE.exec(line)?.[1];
    if (frame !== undefined) {
      this.#stackOf?.stack.push(frame);
      return;
    }
    const lost = LOST.exec(line)?.[1];
    if (lost !== undefined) this.lost += Number(lost);
    const match = LINE.exec(line);
    if (match === null) return;
    const [, program = '', pid = '', cpu = '', flags = '', seconds = '', micros = '', body = ''] = match;
    const context = `${cpu} ${pid}`;
    if (body.startsWith(STACK_BEGINS)) {
      this.#stackOf = this.#last.get(context);
      return;
    }
    const [, event, text] = EVENT.exec(body) ?? [];
    if (event === undefined || text === undefined) return;
    const record: Growing = {
      atMs: Number(seconds) * 1000 + Number(micros) / 1000,
      cpu: Number(cpu),
      pid: Number(pid),
      program,
      softirq: 'sH'.includes(flags[SOFTIRQ_COLUMN] ?? '.'),
      event,
      text,
      stack: [],
    };
    this.#last.set(context, record);
    this.#stackOf = undefined;
    this.#records.push(record);
  }
}
