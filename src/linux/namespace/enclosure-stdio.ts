/** Both ends of what a program reads and writes. pipe(7): it can open /dev/stdin and /dev/stdout again, which it could not of sockets. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { pipe } from '../libc/pipe.js';

/** A number is a descriptor of this process. */
export type Stdio = 'inherit' | 'pipe' | 'ignore' | number;

const NAMES = ['stdin', 'stdout', 'stderr'] as const;

export class StdioEnds {
  /** Of the child's: descriptors of this process; null: nothing. */
  readonly childs: readonly (number | null)[];
  readonly #toClose: number[] = [];
  readonly #own: Partial<Record<(typeof NAMES)[number], number>> = {};

  constructor(stdio: readonly [Stdio, Stdio, Stdio]) {
    this.childs = stdio.map((kind, fd) => this.#open(kind, fd));
  }

  #open(kind: Stdio, fd: number): number | null {
    if (kind === 'ignore') return null;
    if (kind !== 'pipe') return kind === 'inherit' ? fd : kind;
    const [readEnd, writeEnd] = pipe();
    const [own, childs] = fd === 0 ? [writeEnd, readEnd] : [readEnd, writeEnd];
    this.#own[NAMES[fd] ?? 'stdin'] = own;
    this.#toClose.push(childs);
    return childs;
  }

  /** This process's ends, as streams from now on. */
  own(): Partial<Record<(typeof NAMES)[number], Socket>> {
    const streams: Partial<Record<(typeof NAMES)[number], Socket>> = {};
    for (const name of NAMES) {
      const fd = this.#own[name];
      if (fd !== undefined) streams[name] = new Socket({ fd, readable: name !== 'stdin', writable: name === 'stdin' });
    }
    streams.stdin?.on('error', () => undefined); // it may have ended before it has read all
    return streams;
  }

  /** Where nobody is to have them. */
  closeOwn(): void {
    for (const fd of Object.values(this.#own)) closeSync(fd);
  }

  closeChilds(): void {
    for (const fd of this.#toClose) closeSync(fd);
  }
}
