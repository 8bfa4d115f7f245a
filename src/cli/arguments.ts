/** Option values: checked as they are read, refused with what was expected. */
import { InvalidArgumentError } from 'commander';

/** A TCP port, 1 to 65535. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  return value;
}

/** A comma-separated list of known words; `all` stands for every one. */
export function listOf<Word extends string>(words: readonly Word[]): (text: string) => readonly Word[] {
  return (text) => {
    if (text === 'all') return words;
    return text.split(',').map((part) => {
      const word = words.find((known) => known === part.trim());
      if (word === undefined) throw new InvalidArgumentError(`Known are: ${words.join(', ')}, all.`);
      return word;
    });
  };
}
