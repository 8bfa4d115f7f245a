/** Option values: checked as they are read, refused with what was expected. */
import { InvalidArgumentError } from 'commander';
import { told } from './told.js';

/** A TCP port, 1 to 65535. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < 1 || value > 65_535)
    throw new InvalidArgumentError(told({ en: 'A port is a number from 1 to 65535.', zh: '端口是 1 到 65535 的数。' }));
  return value;
}

/** A comma-separated list of known words; `all` stands for every one. */
export function listOf<Word extends string>(words: readonly Word[]): (text: string) => readonly Word[] {
  return (text) => {
    if (text === 'all') return words;
    return text.split(',').map((part) => {
      const word = words.find((known) => known === part.trim());
      if (word === undefined)
        throw new InvalidArgumentError(
          told({ en: `Known are: ${words.join(', ')}, all.`, zh: `可用的有：${words.join('、')}、all。` }),
        );
      return word;
    });
  };
}
