/** In which language the help and the errors of a command line are: known before the commands are, which are declared in it. */
import type { Language, Text } from '../error.js';
import { environmentLanguage } from './early.js';

let language: Language = environmentLanguage();

/** Has what is declared from now on be in this language. */
export function tellIn(wanted: Language): void {
  language = wanted;
}

/** The text in that language. */
export const told = (text: Text): string => text[language];

/** An example below the help of a command, or several, as they are typed. */
export const exampleText = (...lines: readonly string[]): string =>
  `\n${told({ en: 'Example:', zh: '示例：' })}\n${lines.map((line) => `  ${line}\n`).join('')}`;
