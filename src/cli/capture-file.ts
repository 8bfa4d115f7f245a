/** A capture that is written while its packets pass: as long as the disk has room, and never waited for. */
import { closeSync, writeSync } from 'node:fs';
import type { RawshakeError } from '../error.js';
import { notWritten, openOutput } from './output-file.js';

const ENOUGH_BYTES = 1 << 16;
/** A pipe whose reader does not keep up is not waited for. */
const MOST_PENDING_BYTES = 4 << 20;

export class CaptureFile {
  readonly #fd: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #leftOut = 0;
  #failure: RawshakeError | undefined;

  /** @throws {RawshakeError} RS_FILE */
  constructor(private readonly path: string) {
    this.#fd = openOutput(path);
  }

  /** Packets that are not in the file, because its reader did not take them. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** One block, all or nothing. */
  add(block: Uint8Array): void {
    if (this.#failure !== undefined) return;
    if (this.#pendingBytes + block.length > MOST_PENDING_BYTES) {
      this.#leftOut += 1;
      return;
    }
    this.#pending.push(block);
    this.#pendingBytes += block.length;
    if (this.#pendingBytes >= ENOUGH_BYTES) this.#flush();
  }

  /** @throws {RawshakeError} RS_FILE, where not all of it could be written */
  close(): void {
    this.#flush();
    closeSync(this.#fd);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #flush(): void {
    let bytes = Buffer.concat(this.#pending);
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd, bytes));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') this.#failure = notWritten(this.path, cause);
    }
    this.#pending = bytes.length > 0 ? [bytes] : [];
    this.#pendingBytes = bytes.length;
  }
}
