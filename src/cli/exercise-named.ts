/** The exercise that a command was given, by file, number or name. */
import { findExercise } from '../exercise/course.js';
import { readExercise } from '../exercise/read.js';
import type { Exercise } from '../exercise/schema.js';
import { interruptible } from './interrupt.js';

/**
 * To read a large one takes its time, all in one go, so it is read interruptible; not elsewhere than on Linux, where one may be
 * shown all the same.
 * @throws {RawshakeError} RS_SCRIPT, RS_FILE, RS_INTERRUPTED
 */
export async function exerciseNamed(named: string, command: string): Promise<Exercise> {
  const read = (): Exercise => readExercise(findExercise(named));
  return process.platform === 'linux' ? interruptible(command, () => Promise.resolve(read())) : read();
}
