/** Waits for a condition by the events that can make it true, and gives up with a named error. */
import { RawshakeError } from '../error.js';

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
        reject(timedOut(what));
      });
    }, PATIENCE_MS);
    const unsubscribe = subscribe(() => {
      if (condition()) settle(resolve);
    });
    signal?.addEventListener('abort', onAbort);
  });
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

export const interrupted = (): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', 'run: interrupted', {
    hint: { en: 'Everything was undone; run it again.', zh: '一切已复原；可以重新运行。' },
  });

const timedOut = (what: string): RawshakeError =>
  new RawshakeError('RS_TIMED_OUT', `run: waited ${String(PATIENCE_MS / 1000)} s for ${what}`, {
    hint: {
      en: 'The machine may be overloaded; run it again. If it stays so, please report it with the output of `rawshake doctor`.',
      zh: '机器可能负载过重，请重试。若仍如此，请附上 `rawshake doctor` 的输出报告此问题。',
    },
  });
