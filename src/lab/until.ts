/** Waits for a condition by the events that can make it true, and gives up with a named error. */
import { RawshakeError } from '../error.js';
import { interruptedForMs } from '../linux/interruption.js';

/** Longer than anything on a link of one machine takes; a run that reaches it has gone wrong. */
const PATIENCE_MS = 10_000;

/**
 * Resolves once `condition` holds; asked now, and each time that `subscribe`'s callback is called.
 * @param what is waited for, for the error: "the server to close"
 * @throws {RawshakeError} RS_TIMED_OUT; RS_INTERRUPTED when `signal` is aborted
 */
export async function until(
  what: string,
  condition: () => boolean,
  subscribe: (check: () => void) => () => void,
  signal?: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  if (signal?.aborted === true) throw interrupted();
  if (condition()) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const onAbort = (): void => {
      settle(() => {
        reject(interrupted());
      });
    };
    const timer = setTimeout(() => {
      settle(() => {
        reject(timedOut(what, patienceMs));
      });
    }, patienceMs);
    const unsubscribe = subscribe(() => {
      if (condition()) settle(resolve);
    });
    signal?.addEventListener('abort', onAbort);
  });
}

/** What waits as `until` does. */
export type Until = (...args: Parameters<typeof until>) => Promise<void>;

/** A rule that nobody knows may keep anything from happening. */
const QUIET_PATIENCE_MS = 5000;

/** For a run in which what does not happen is a result: it gives up quietly, and from then on waits for nothing. */
export function quietUntil(): Until {
  let patienceMs = QUIET_PATIENCE_MS;
  return async (what, condition, subscribe, signal) => {
    try {
      await until(what, condition, subscribe, signal, patienceMs);
    } catch (error) {
      if (!(error instanceof RawshakeError && error.code === 'RS_TIMED_OUT')) throw error;
      patienceMs = 0;
    }
  };
}

/** What `until` subscribes to, where any of several can make it true. */
export const onAnyOf =
  (...sources: readonly ((check: () => void) => () => void)[]) =>
  (check: () => void): (() => void) => {
    const unsubscribe = sources.map((source) => source(check));
    return () => {
      for (const stop of unsubscribe) stop();
    };
  };

/**
 * For what runs in one go, where no listener is heard.
 * @throws {RawshakeError} RS_INTERRUPTED where a signal has come that is to end the program
 */
export function throwIfInterrupted(): void {
  if (interruptedForMs() >= 0) throw interrupted();
}

export const interrupted = (): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', 'run: interrupted', {
    hint: { en: 'Everything was undone; run it again.', zh: '一切已复原；可以重新运行。' },
  });

const timedOut = (what: string, patienceMs: number): RawshakeError =>
  new RawshakeError('RS_TIMED_OUT', `run: waited ${String(patienceMs / 1000)} s for ${what}`, {
    hint: {
      en: 'The machine may be overloaded; run it again. If it stays so, please report it with the output of `rawshake doctor`.',
      zh: '机器可能负载过重，请重试。若仍如此，请附上 `rawshake doctor` 的输出报告此问题。',
    },
  });
