/** Ends this process with the one that started it, whatever either of them is doing. PR_SET_PDEATHSIG(2const). */
import { constants } from 'node:os';
import { PR_SET_PDEATHSIG } from './constants.js';
import { libc } from './libc.js';

/** From now on: a parent that is gone already is for the caller to notice. */
export function dieWithParent(): void {
  libc('prctl', PR_SET_PDEATHSIG, constants.signals.SIGKILL, 0, 0, 0);
}
