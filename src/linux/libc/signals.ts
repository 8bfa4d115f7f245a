/** Signals that are caught once: the second of a kind is the kernel's to act on, even where this program cannot. sigaction(2). */
import { constants } from 'node:os';
import { libc } from './libc.js';

/** struct sigaction of 64-bit Linux, by glibc and musl: handler, 1024 bits of mask, flags, restorer. */
const ACTION_BYTES = 152;
const FLAGS = 136;
const SA_RESETHAND = 0x8000_0000;
const SIG_DFL = 0n;

function actionOf(signal: NodeJS.Signals): DataView {
  const action = new DataView(new ArrayBuffer(ACTION_BYTES));
  libc('sigaction', constants.signals[signal], null, action);
  return action;
}

/**
 * Of a signal that Node listens to: once one has come, the next has its default action. Node's handler only notes that a
 * signal has come; while this thread runs one long call, nobody looks, and every further Ctrl-C would be lost.
 */
export function catchOnce(signal: NodeJS.Signals): void {
  const action = actionOf(signal);
  action.setUint32(FLAGS, action.getUint32(FLAGS, true) | SA_RESETHAND, true);
  libc('sigaction', constants.signals[signal], action, null);
}

/** Undoes `catchOnce` for whoever listens on; not where one has come, of which Node has yet to tell. */
export function catchAlways(signal: NodeJS.Signals): void {
  const action = actionOf(signal);
  if (action.getBigUint64(0, true) === SIG_DFL) return;
  action.setUint32(FLAGS, action.getUint32(FLAGS, true) & ~SA_RESETHAND, true);
  libc('sigaction', constants.signals[signal], action, null);
}

/** Whether one has come since `catchOnce`, though Node may not have had the time to say so. */
export const hasCome = (signal: NodeJS.Signals): boolean => actionOf(signal).getBigUint64(0, true) === SIG_DFL;

/** Gives it its default action, though Node may still listen. */
export function uncatch(signal: NodeJS.Signals): void {
  libc('sigaction', constants.signals[signal], new DataView(new ArrayBuffer(ACTION_BYTES)), null);
}
