/** The pipes to and from a child, served within one call. poll(2). */
import { closeSync, constants, readSync, writeSync } from 'node:fs';
import { F_SETFL, POLLIN, POLLOUT } from '../libc/constants.js';
import { libc, libcNonBlocking } from '../libc/libc.js';
import { pipe } from '../libc/pipe.js';

/** Of no descriptor: poll passes over it. */
const NONE = -1;
const POLLFD_BYTES = 8;
const CHUNK_BYTES = 1 << 16;

export class ChildEnds {
  /** Its stdin, stdout and stderr. */
  readonly childs: readonly (number | 'ignore')[];
  #input = NONE;
  #unwritten: Buffer;
  readonly #outputs: readonly [Output, Output];
  readonly #polled = new DataView(new ArrayBuffer(3 * POLLFD_BYTES));

  constructor(input: string) {
    this.#unwritten = Buffer.from(input);
    const [output, childOutput] = pipe();
    const [errors, childErrors] = pipe();
    this.#outputs = [new Output(output), new Output(errors)];
    this.childs = [input === '' ? 'ignore' : this.#openInput(), childOutput, childErrors];
  }

  #openInput(): number {
    const [childInput, input] = pipe();
    libc('fcntl', input, F_SETFL, constants.O_NONBLOCK);
    this.#input = input;
    return childInput;
  }

  closeChilds(): void {
    for (const end of this.childs) if (end !== 'ignore') closeSync(end);
  }

  close(): void {
    this.#closeInput();
    for (const output of this.#outputs) output.close();
  }

  /** Whether nothing more will come. */
  get areOver(): boolean {
    return this.#outputs.every(({ fd }) => fd === NONE);
  }

  /** What has come. */
  get bytes(): number {
    return this.#outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  said(): { readonly stdout: string; readonly stderr: string } {
    const [stdout, stderr] = this.#outputs;
    return { stdout: stdout.text(), stderr: stderr.text() };
  }

  /** Writes and reads what can be, once; waits for that no longer than so. */
  move(mostMs: number): void {
    const fds = [...this.#outputs.map(({ fd }) => fd), this.#input];
    for (const [i, fd] of fds.entries()) {
      this.#polled.setInt32(i * POLLFD_BYTES, fd, true);
      this.#polled.setInt32(i * POLLFD_BYTES + 4, fd === this.#input ? POLLOUT : POLLIN, true); // with revents: 0
    }
    if (libcNonBlocking('poll', this.#polled, fds.length, mostMs) === 0) return;
    const [output, errors, input] = fds.map((_, i) => this.#polled.getUint16(i * POLLFD_BYTES + 6, true) !== 0);
    if (output === true) this.#outputs[0].read();
    if (errors === true) this.#outputs[1].read();
    if (input === true) this.#write();
  }

  #write(): void {
    try {
      this.#unwritten = this.#unwritten.subarray(writeSync(this.#input, this.#unwritten));
      if (this.#unwritten.length === 0) this.#closeInput();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return;
      if (code !== 'EPIPE') throw error;
      this.#closeInput(); // it wants no more
    }
  }

  #closeInput(): void {
    if (this.#input !== NONE) closeSync(this.#input);
    this.#input = NONE;
  }
}

class Output {
  readonly #chunks: Buffer[] = [];
  bytes = 0;

  constructor(public fd: number) {}

  read(): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = readSync(this.fd, chunk);
    this.#chunks.push(chunk.subarray(0, length));
    this.bytes += length;
    if (length === 0) this.close();
  }

  close(): void {
    if (this.fd !== NONE) closeSync(this.fd);
    this.fd = NONE;
  }

  text = (): string => Buffer.concat(this.#chunks).toString();
}
