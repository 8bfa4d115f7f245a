/** How steps wait for what is to come, and how long. */
import { RawshakeError } from '../error.js';
import type { Bench } from '../lab/bench/bench.js';
import { onAnyOf, until } from '../lab/until.js';
import type { Hands } from './hands.js';

const DEFAULT_WITHIN_MS = 1000;
/** Once something did not come, little more will: a wrong answer is not to take long. */
const IMPATIENT_MS = 150;
/** Of a case that has waited so long in vain, all the rest is: it is not to take long, however much is asked. */
const MOST_IN_VAIN_MS = 4000;
/** For what no packet tells. */
const POLL_MS = 5;

export class Patience {
  /** Questions for which something did not come; what decides another is waited for as long as ever. */
  readonly #lost = new Set<string | undefined>();
  #inVainMs = 0;

  /** @param question the one that is being decided */
  constructor(
    private readonly bench: Bench,
    private readonly hands: Hands,
    private readonly question: () => string | undefined,
  ) {}

  /** Whether it becomes true in time; each frame, and each few milliseconds, are looked at. */
  async waits(condition: () => boolean, withinMs = DEFAULT_WITHIN_MS): Promise<boolean> {
    const holds = (): boolean => {
      this.bench.throwIfFull();
      return condition();
    };
    const isHurried = this.#inVainMs >= MOST_IN_VAIN_MS || this.#lost.has(this.question());
    const patienceMs = isHurried ? Math.min(withinMs, IMPATIENT_MS) : withinMs;
    const poll = (check: () => void): (() => void) => {
      const timer = setInterval(check, POLL_MS);
      return () => clearInterval(timer);
    };
    const arrivals = this.hands.all.map(
      ({ hand }) =>
        (check: () => void) =>
          hand.onArrival(check),
    );
    const frames = (check: () => void): (() => void) => this.bench.onFrame(check);
    try {
      await until(
        { en: 'a step', zh: '这一步' },
        holds,
        onAnyOf(poll, frames, ...arrivals),
        this.bench.signal,
        patienceMs,
      );
      return true;
    } catch (error) {
      if (!(error instanceof RawshakeError && error.code === 'RS_TIMED_OUT')) throw error;
      return false;
    }
  }

  /** As `waits`, where it should become true: if it does not, little more is waited for where the same question is decided. */
  async should(condition: () => boolean, withinMs?: number): Promise<boolean> {
    const from = performance.now();
    const came = await this.waits(condition, withinMs);
    if (came) return true;
    this.#lost.add(this.question());
    this.#inVainMs += performance.now() - from;
    return false;
  }
}
