/** What one instance traces, read through its pipe as it comes. Documentation/trace/ftrace.rst, "trace_pipe". */
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TraceReader } from '../../evidence/trace/reader.js';
import type { TraceRecord } from '../../evidence/trace/record.js';
import { monotonicNow } from '../libc/clock.js';
import { interruptedForMs } from '../libc/interruption.js';

const CHUNK_BYTES = 65_536;
/** A buffer full of events is read in a small part of this, also where the processors are busy. */
const LONGEST_READ_MS = 5000;

export class TracePipe {
  readonly #reader = new TraceReader();
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #fd: number | undefined;
  /** The kernel told more than could be read in time. */
  isCutShort = false;

  constructor(readonly folder: string) {}

  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** How many events. */
  get lost(): number {
    return this.#reader.lost;
  }

  open(): void {
    this.#fd = openSync(join(this.folder, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Into one of the instance's files, while the pipe is open. */
  write(file: string, text: string): void {
    if (this.isOpen) writeFileSync(join(this.folder, file), text);
  }

  lostSince(fromMs: number): boolean {
    return this.isCutShort || this.#reader.lostSince(fromMs);
  }

  /**
   * What was from `fromMs` until `untilMs`, which is now, and forgets what was before; no further, for whoever makes events
   * faster than they are read would keep it for ever.
   */
  read(fromMs: number, untilMs: number): readonly TraceRecord[] {
    this.#reader.forget(fromMs);
    while (this.#fd !== undefined && this.#reader.newestMs <= untilMs && interruptedForMs() < 0) {
      this.isCutShort ||= monotonicNow() - untilMs > LONGEST_READ_MS;
      const length = this.isCutShort ? 0 : readNow(this.#fd, this.#chunk);
      if (length === 0) break;
      this.#reader.push(this.#chunk.toString('latin1', 0, length));
    }
    return this.#reader.records.filter(({ atMs }) => atMs <= untilMs);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** 0 where there is nothing to read yet. */
export function readNow(fd: number, chunk: Uint8Array): number {
  try {
    return readSync(fd, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
