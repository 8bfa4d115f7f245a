/** Waits for a condition by the events that can make it true, and gives up with a named error. */
import { about, INTERRUPTED, RawshakeError, spaced, type Text } from '../error.js';
import { interruptedForMs } from '../linux/libc/interruption.js';

/** Longer than anything on a link of one machine takes; a run that reaches it has gone wrong. */
export const PATIENCE_MS = 10_000;

/**
 * Resolves once `condition` holds; asked now, and when `subscribe`'s callback is called: at the first call in a turn of the
 * event loop, and once for all others. Where frames pour in, timers and signals have their turn too.
 * @param what is waited for, for the error: "the server to close"
 * @throws {RawshakeError} RS_TIMED_OUT; RS_INTERRUPTED when `signal` is aborted; what `condition` throws
 */
export async function until(
  what: Text,
  condition: () => boolean,
  subscribe: (check: () => void) => () => void,
  signal?: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  if (signal?.aborted === true) throw interrupted();
  if (condition()) return;
  await new Promise<void>((resolve, reject) => {
    let settled = false;
    const settle = (finish: () => void): void => {
      settled = true;
      clearTimeout(timer);
      unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (error: unknown): void => {
      settle(() => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
        reject(error);
      });
    };
    const ask = (): void => {
      if (settled) return;
      try {
        if (condition()) settle(resolve);
      } catch (error) {
        fail(error);
      }
    };
    const onAbort = (): void => {
      fail(interrupted());
    };
    const timer = setTimeout(() => {
      ask();
      if (!settled) fail(timedOut(what, patienceMs));
    }, patienceMs);
    const unsubscribe = subscribe(oncePerTurn(ask));
    signal?.addEventListener('abort', onAbort);
  });
}

/** Runs `action` at the first call in a turn of the event loop, and at its end once for all others that came meanwhile. */
function oncePerTurn(action: () => void): () => void {
  let calls = 0;
  return () => {
    calls++;
    if (calls > 1) return;
    setImmediate(() => {
      const more = calls > 1;
      calls = 0;
      if (more) action();
    });
    action();
  };
}

/** What waits as `until` does. */
export type Until = (...args: Parameters<typeof until>) => Promise<void>;

/** A rule that nobody knows may keep anything from happening. */
const QUIET_PATIENCE_MS = 5000;

/**
 * Whether it becomes true in time, where that it does not is a result. Asked as `until` does.
 * @throws {RawshakeError} RS_INTERRUPTED; what `condition` throws
 */
export async function inTime(...wait: Parameters<typeof until>): Promise<boolean> {
  try {
    await until(...wait);
    return true;
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_TIMED_OUT')) throw error;
    return false;
  }
}

/** For a run in which what does not happen is a result: it gives up quietly, and from then on waits for nothing. */
export function quietUntil(): Until {
  let patienceMs = QUIET_PATIENCE_MS;
  return async (what, condition, subscribe, signal) => {
    if (!(await inTime(what, condition, subscribe, signal, patienceMs))) patienceMs = 0;
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

const RUN: Text = { en: 'run', zh: '运行' };

export const interrupted = (): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', about(RUN, INTERRUPTED), {
    hint: { en: 'Everything was undone; run it again.', zh: '一切已复原；可以重新运行。' },
  });

/** `hint`: what to do, where that it does not happen need be no fault of the machine. */
export function timedOut({ en, zh }: Text, patienceMs = PATIENCE_MS, hint: Text = OVERLOADED): RawshakeError {
  const seconds = String(patienceMs / 1000);
  const why = { en: `waited ${seconds} s for ${en}`, zh: `等了 ${seconds} 秒，没有等到${spaced(zh)}` };
  return new RawshakeError('RS_TIMED_OUT', about(RUN, why), { hint });
}

const OVERLOADED: Text = {
  en: 'The machine may be overloaded; run it again. If it stays so, please report it with the output of `rawshake doctor`.',
  zh: '机器可能负载过重，请重试。若仍如此，请附上 `rawshake doctor` 的输出报告此问题。',
};
