/** The exercises of the course, as a list. */
import type { Language, Text } from '../error.js';
import { printableData } from '../printable.js';
import { colours } from './colours.js';
import { padTo, widest } from './columns.js';
import type { View } from './view.js';
import { say } from './words.js';

export interface ListedExercise {
  readonly name: string;
  readonly file: string;
  readonly title: Text;
}

/** A line for each: what it is called on the command line, and its title. */
export function exerciseListText(listed: readonly ListedExercise[], { language }: View): string {
  const exercises = printableData(listed);
  const width = widest(exercises.map(({ name }) => name));
  return exercises.map(({ name, title }) => `${colours.bold(padTo(name, width))}  ${say(title, language)}\n`).join('');
}

/** The document of `lab exercise --list`. */
export const exerciseListJson = (listed: readonly ListedExercise[], language: Language) =>
  ({
    command: 'lab exercise --list',
    version: 1,
    exercises: listed.map(({ name, file, title }) => ({ name, file, title: say(title, language) })),
  }) as const;
