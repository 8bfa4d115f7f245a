/** The exercise that a command was given, by file, number or name. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { COURSE, findExercise } from '../exercise/course.js';
import { readExercise } from '../exercise/read.js';
import type { Exercise } from '../exercise/schema.js';
import { interruptible } from './interrupt.js';

/**
 * One that may be a stranger's can take its time to read, however short it is, all in one go, so it is read interruptible; not
 * elsewhere than on Linux, where one may be shown all the same.
 * @throws {RawshakeError} RS_SCRIPT, RS_FILE, RS_INTERRUPTED
 */
export async function exerciseNamed(named: string, command: string): Promise<Exercise> {
  const path = findExercise(named);
  const read = (): Exercise => readExercise(path);
  return isOfCourse(path) || process.platform !== 'linux'
    ? read()
    : interruptible(command, () => Promise.resolve(read()));
}

function isOfCourse(path: string): boolean {
  try {
    return dirname(realpathSync(path)) === realpathSync(COURSE);
  } catch {
    return false; // to be told by whoever reads it
  }
}
