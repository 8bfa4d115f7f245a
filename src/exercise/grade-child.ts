/** The process in which one submission is graded: told what, it says what came of it, and ends. */
import { RawshakeError } from '../error.js';
import type { ChildTask, ChildWord } from './grade-folder.js';
import { readAnswers, readExercise } from './read.js';
import { runExercise } from './run.js';

// Nobody waits for the result any more, however that came about: the lab goes with the process.
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
process.once('disconnect', end);

process.once('message', (task) => {
  void grade(task as ChildTask).then((word) => {
    process.send?.(word, () => {
      process.off('disconnect', end);
      process.disconnect();
    });
  });
});

async function grade({ exercise, answers }: ChildTask): Promise<ChildWord> {
  try {
    return { run: await runExercise(readExercise(exercise), { answers: readAnswers(answers) }) };
  } catch (error) {
    if (!(error instanceof RawshakeError)) throw error;
    return { error: error.message };
  }
}
