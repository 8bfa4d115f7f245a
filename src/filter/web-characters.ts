/** What web pages and word processors make of the characters of a command: dashes of `-` and `--`, curly quotes. */
import { unusableRule } from './unusable-rule.js';
import { shellLine } from './shell.js';

/** Hyphens and dashes that are no `-`. Unicode, General Punctuation. */
const DASH = '[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]';
const QUOTES: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033]/g, '"'],
];

/** At the head of a word, with what may stand beside it there. */
const LEADING_DASH = new RegExp(`(?<=^|\\s)-*${DASH}[-\u2010-\u2015]*(?=([\\w]*))`, 'gu');

/** `–p` was `-p`, `–dport` was `--dport`, `−300` was `-300`. */
const restored = (text: string): string =>
  QUOTES.reduce((line, [curly, plain]) => line.replace(curly, plain), text).replace(LEADING_DASH, (_, name: string) =>
    /^[a-z]{2}/i.test(name) ? '--' : '-',
  );

/**
 * @throws {RawshakeError} RS_USAGE where an option begins with a dash that is none, or a quote is curly, with the line as it was meant.
 * Within quotes they may stand: a comment may say anything.
 */
export function refuseWebCharacters(text: string): void {
  const unquoted = text.replaceAll(/'[^']*'|"[^"]*"/g, (quoted) => ' '.repeat(quoted.length));
  const [found] =
    new RegExp(`(?<=^|\\s)-*${DASH}`, 'u').exec(unquoted) ?? /(?<=^|\s)[\u2018\u2019\u201c\u201d]/.exec(unquoted) ?? [];
  if (found === undefined) return;
  const character = found.slice(-1);
  const code = `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  const isDash = new RegExp(DASH, 'u').test(character);
  const word = unquoted.slice(unquoted.indexOf(found)).split(/\s/)[0] ?? character;
  const line = shellLine(['rawshake', 'compare', '--rule', restored(text)]);
  throw unusableRule(
    isDash
      ? {
          en: `${word} begins with a dash that is none: ${character} (${code}), which a web page has made of - or --`,
          zh: `${word} 开头的 ${character}（${code}）不是连字符，而是网页由 - 或 -- 变成的破折号`,
        }
      : {
          en: `${character} (${code}) is no quote to a program, but what a web page has made of one`,
          zh: `${character}（${code}）对程序而言不是引号，而是网页由引号变成的弯引号`,
        },
    { hint: { en: `What was meant: ${line}`, zh: `原意应是：${line}` } },
  );
}
