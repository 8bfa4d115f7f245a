/** What a student gets to read before the run. */
import type { Handout } from '../evidence/exercise.js';
import { textFor } from './cases.js';
import type { Exercise } from './schema.js';

export function handoutOf(exercise: Exercise, student?: string): Handout {
  const { id, title, text, questions } = exercise;
  return {
    id,
    title,
    text: textFor(exercise, student, text),
    ...(student !== undefined && { student }),
    questions: questions.map((question) => ({
      id: question.id,
      kind: question.kind,
      ask: textFor(exercise, student, question.ask),
      points: question.points,
      formula: question.kind === 'number' && question.formula === true,
      ...('options' in question && question.options !== undefined && { options: question.options }),
    })),
  };
}
