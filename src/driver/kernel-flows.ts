/** The flows at a server's port that are its kernel's: not to be answered for by hand, not even their last segments. */
import type { Socket } from 'node:net';
import type { Flow } from '../wire/flow.js';
import { TcpFlag } from '../wire/index.js';
import type { AreOwnedByKernel, Clock } from './ports.js';
import { RateLimit } from './rate-limit.js';

/** How long after it was the kernel's for certain: a kernel's socket is in TIME-WAIT for that time. */
const REMEMBERED_MS = 60_000;

/** A microsecond or two each, so some tenth of a processor at most: what is beyond that would have to be answered unasked. */
const LOOK_UPS_PER_SECOND = 50_000;

interface Question {
  readonly key: string;
  readonly flow: Flow;
  readonly answer: (isKernels: boolean) => void;
}

export class KernelFlows {
  /** By the far end: when it was last known to be the kernel's, Infinity while a socket that has adopted it is open. The oldest first. */
  readonly #knownAt = new Map<string, number>();
  readonly #lookUps: RateLimit;
  readonly #questions: Question[] = [];

  /** Without `areOwned` no kernel stands behind the port, and only what is added is its own. */
  constructor(
    private readonly clock: Clock,
    private readonly areOwned: AreOwnedByKernel | undefined,
  ) {
    this.#lookUps = new RateLimit(LOOK_UPS_PER_SECOND, clock);
  }

  /** A connection that the kernel has adopted. */
  add(key: string, socket: Socket): void {
    this.#knownAt.set(key, Infinity);
    socket.once('close', () => {
      this.#remember(key);
    });
  }

  /** Whether a segment is known to be the kernel's to answer; a SYN after the end of a connection may begin another. */
  has(key: string, flags: number): boolean {
    const knownAt = this.#knownAt.get(key);
    if (knownAt === undefined) return false;
    if (knownAt === Infinity) return true;
    return (flags & TcpFlag.SYN) === 0 && !this.#isOld(knownAt);
  }

  /**
   * Asks whose a flow is, at the end of this turn, about all that has come in it; at once where there is no kernel. False where
   * more was asked in this second than there is time for: a flood of SYNs asks for as many look-ups.
   */
  ask(key: string, flow: Flow, answer: Question['answer']): boolean {
    if (this.areOwned === undefined) {
      answer(false);
      return true;
    }
    if (!this.#lookUps.take()) return false;
    this.#questions.push({ key, flow, answer });
    if (this.#questions.length === 1)
      queueMicrotask(() => {
        this.#askAll();
      });
    return true;
  }

  #askAll(): void {
    const questions = this.#questions.splice(0);
    const owned = this.areOwned?.(questions.map(({ flow }) => flow)) ?? [];
    questions.forEach(({ key, answer }, i) => {
      const isAdopted = this.#knownAt.get(key) === Infinity; // since it was asked
      const isKernels = isAdopted || owned[i] === true;
      if (!isKernels) this.#knownAt.delete(key);
      else if (!isAdopted) this.#remember(key);
      answer(isKernels);
    });
  }

  #remember(key: string): void {
    this.#knownAt.delete(key);
    this.#knownAt.set(key, this.clock.now());
    this.#forgetOld();
  }

  #forgetOld(): void {
    for (const [key, knownAt] of this.#knownAt) {
      if (this.#isOld(knownAt)) this.#knownAt.delete(key);
      else if (knownAt !== Infinity) return;
    }
  }

  #isOld(knownAt: number): boolean {
    return this.clock.now() - knownAt > REMEMBERED_MS;
  }
}
