/** The process in which one submission is graded: told what, it says what came of it, and ends. */
import { messagesOf, RawshakeError, type Text } from '../error.js';
import { SystemCallError } from '../linux/libc/libc.js';
import { dieWithParent } from '../linux/libc/parent-death.js';
import { readTextBelow } from './below.js';
import type { ChildTask, ChildWord } from './grade-process.js';
import { forGrade } from './kept.js';
import { LARGEST_ANSWERS_BYTES, parseAnswers } from './answers.js';
import { parseExercise } from './read.js';
import { runExercise } from './run.js';

// Nobody waits for the result any more, however that came about: the lab goes with the process.
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
process.once('disconnect', end);

// The first word counts; what went wrong outside of any promise is one, too.
process.once('uncaughtException', (error) => {
  say({ error: reasonOf(error) });
});

// The disconnection is heard between two steps only; the kernel does not wait for that.
dieWithParent();
if (!process.connected) end();

process.once('message', (task) => {
  void grade(task as ChildTask).then(say);
});

function say(word: ChildWord): void {
  process.send?.(word, () => {
    end();
  });
}

async function grade({ exercise, answers, programs }: ChildTask): Promise<ChildWord> {
  const text = readTextBelow(answers, LARGEST_ANSWERS_BYTES);
  if (!text.ok) return { error: text.error };
  try {
    const script = parseExercise(exercise.text, exercise.file);
    return { run: forGrade(await runExercise(script, { answers: parseAnswers(text.value, ''), programs })) };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

function reasonOf(error: unknown): Text {
  if (error instanceof RawshakeError || error instanceof SystemCallError) return messagesOf(error);
  return {
    en: `a defect of rawshake's own: ${String(error)}`,
    zh: `rawshake 自身的缺陷：${String(error)}`,
  };
}
