/**
 * Ctrl-C, SIGTERM and SIGHUP while they are to end this program in order: who waits in a long call, where no listener of
 * Node's is heard, asks here whether to go on.
 */
import { catchAlways, catchOnce, hasCome, uncatch } from './signals.js';

export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type EndingSignal = (typeof ENDING_SIGNALS)[number];

let caught = false;
let interruptedAtMs = Infinity;
let came: EndingSignal | undefined;

/** Calls `onSignal` at the first of them; the second, whichever it is, ends the process at once. Gives what undoes it. */
export function catchEndingSignals(onSignal: (signal: EndingSignal) => void): () => void {
  const release = (): void => {
    caught = false;
    for (const signal of ENDING_SIGNALS) {
      process.off(signal, onFirst);
      if (came === undefined) catchAlways(signal);
    }
  };
  const onFirst = (signal: NodeJS.Signals): void => {
    release();
    interruptedAtMs = Math.min(interruptedAtMs, performance.now());
    came ??= signal as EndingSignal;
    onSignal(came);
  };
  for (const signal of ENDING_SIGNALS) {
    process.once(signal, onFirst);
    catchOnce(signal);
  }
  caught = true;
  return release;
}

/** How long ago the first of them came, though nobody may have been told yet; negative infinity: none has. */
export function interruptedForMs(): number {
  const now = performance.now();
  if (caught) came ??= ENDING_SIGNALS.find(hasCome);
  if (came !== undefined && interruptedAtMs > now) {
    interruptedAtMs = now;
    for (const signal of ENDING_SIGNALS) uncatch(signal); // the second is to end it, whichever it is
  }
  return now - interruptedAtMs;
}

/** As if one had come: something else is to end this program in order. */
export function interrupt(): void {
  interruptedAtMs = Math.min(interruptedAtMs, performance.now());
}

/** The first of them that came. */
export const interruptedBy = (): EndingSignal | undefined => (interruptedForMs() < 0 ? undefined : came);
