/** The exercise that a command was given, by file, number or name. */
import { statSync } from 'node:fs';
import { findExercise } from '../exercise/course.js';
import { readExercise } from '../exercise/read.js';
import type { Exercise } from '../exercise/schema.js';
import { interruptible } from './interrupt.js';

/** What is longer may take longer than somebody waits who presses Ctrl-C. */
const LARGE_BYTES = 16 * 1024;

/**
 * To read a large one takes its time, all in one go, so it is read interruptible; not elsewhere than on Linux, where one may be
 * shown all the same.
 * @throws {RawshakeError} RS_SCRIPT, RS_FILE, RS_INTERRUPTED
 */
export async function exerciseNamed(named: string, command: string): Promise<Exercise> {
  const path = findExercise(named);
  const read = (): Exercise => readExercise(path);
  const isLarge = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGE_BYTES;
  return isLarge && process.platform === 'linux' ? interruptible(command, () => Promise.resolve(read())) : read();
}
