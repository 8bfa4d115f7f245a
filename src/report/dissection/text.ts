/** Short ways to say a thing in both languages. */
import type { Text } from '../../error.js';

export const text = (en: string, zh: string): Text => ({ en, zh });

/** What reads the same in both. */
export const same = (words: string): Text => ({ en: words, zh: words });

/** Several one behind the other. */
export const joined = (parts: readonly Text[]): Text => ({
  en: parts.map(({ en }) => en).join(' '),
  zh: parts.map(({ zh }) => zh).join(''),
});

export const hexNumber = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** English counts: `1 byte`, `2 bytes`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
