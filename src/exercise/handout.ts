/** What a student gets to read before the run. */
import type { Text } from '../error.js';
import type { Handout } from '../evidence/exercise.js';
import { textFor } from './cases.js';
import { Room } from './kept.js';
import type { Exercise } from './schema.js';

/** Characters, in both languages together: several times what all exercises that come with rawshake have. */
const MOST_TO_READ = 256 << 10;

/** @throws {RawshakeError} RS_SCRIPT where that is more than anybody reads */
export function handoutOf(exercise: Exercise, student?: string): Handout {
  const { id, title, text, questions } = exercise;
  const room = new Room(MOST_TO_READ);
  return {
    id,
    title: room.prose(title),
    text: room.prose(textFor(exercise, student, text)),
    ...(student !== undefined && { student }),
    questions: questions.map((question) => ({
      id: question.id,
      kind: question.kind,
      ask: room.prose(textFor(exercise, student, question.ask)),
      points: question.points,
      formula: question.kind === 'number' && question.formula === true,
      ...('options' in question && question.options !== undefined && { options: readable(question.options, room) }),
    })),
  };
}

const readable = (options: Readonly<Record<string, Text>>, room: Room): Readonly<Record<string, Text>> =>
  Object.fromEntries(Object.entries(options).map(([name, option]) => [name, room.prose(option)]));
