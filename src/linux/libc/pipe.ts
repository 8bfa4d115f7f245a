/** pipe(7). */
import { O_CLOEXEC } from './constants.js';
import { libc } from './libc.js';

/** A pipe whose ends no child inherits that is not given them. */
export function pipe(): readonly [readEnd: number, writeEnd: number] {
  const ends = new Int32Array(2);
  libc('pipe2', ends, O_CLOEXEC);
  return [ends[0] ?? -1, ends[1] ?? -1];
}
