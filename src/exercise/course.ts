/** The exercises that come with rawshake: found by their number or name, wherever the package lies. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { about, RawshakeError, type Text } from '../error.js';

/** The folder of the course; the solutions are below it. */
export const COURSE = fileURLToPath(new URL('../../exercises/', import.meta.url));

/** Their names, in order of difficulty: the names of the files, without `.yaml`. */
export const courseNames = (): readonly string[] =>
  readdirSync(COURSE)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();

export const courseFile = (name: string): string => join(COURSE, `${name}.yaml`);

const NOT_THERE: Text = {
  en: 'no such file, and no exercise of this name',
  zh: '没有这个文件，也没有叫这个名字的练习',
};

/**
 * The file that is meant. A path, or a name with its `.yaml`, is a file where there is one; else it is the exercise of the course:
 * `01`, `1`, `first-ack`, `01-first-ack`. A number or a name alone never is a file that somebody has put here, unless the
 * course has none of that name.
 * @throws {RawshakeError} RS_FILE, where it is neither
 */
export function findExercise(named: string): string {
  if (named.includes('/') || (/\.ya?ml$/i.test(named) && existsSync(named))) return named;
  const word = basename(named, '.yaml');
  const names = courseNames();
  const found = names.find((name) => {
    const [, number = '', title] = /^(\d+)-(.*)$/.exec(name) ?? [];
    return [name, number, String(Number(number)), title].includes(word);
  });
  if (found !== undefined) return courseFile(found);
  if (existsSync(named)) return named;
  throw new RawshakeError('RS_FILE', about(named, NOT_THERE), {
    hint: {
      en: `There are ${names.join(', ')}; with their titles: rawshake lab exercise --list`,
      zh: `现有：${names.join('、')}；查看标题：rawshake lab exercise --list`,
    },
  });
}
