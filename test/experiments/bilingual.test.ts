/** The two languages of each experiment are of one shape, and what becomes of them. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bilingual, claimsOf, factsOf, type Translation } from '../../src/experiments/texts.js';

const FOLDERS = readdirSync('src/experiments', { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

describe.each(FOLDERS)('the texts of %s', (folder) => {
  test('are the same in number and by name', async () => {
    const { en } = (await import(`../../src/experiments/${folder}/en.ts`)) as { en: unknown };
    const { zh } = (await import(`../../src/experiments/${folder}/zh.ts`)) as { zh: unknown };
    expect(shapeOf(zh)).toEqual(shapeOf(en));
  });
});

/** The same with the texts left out; what they are made of counts for nothing. */
function shapeOf(told: unknown): unknown {
  if (typeof told === 'string') return '';
  if (typeof told === 'function') return shapeOf((told as (values: object) => unknown)({}));
  if (Array.isArray(told)) return told.map(shapeOf);
  return Object.fromEntries(Object.entries(told as object).map(([name, text]) => [name, shapeOf(text)]));
}

const en = {
  steps: ['one', 'two'],
  facts: { answer: 'the answer' },
  claims: { open: { text: 'It is open.', because: 'It is not.' } },
  size: ({ bytes }: { bytes: number }) => `${bytes} bytes`,
} as const;

const zh = {
  steps: ['一', '二'],
  facts: { answer: '回答' },
  claims: { open: { text: '它是开放的。', because: '并非如此。' } },
  size: ({ bytes }) => `${bytes} 字节`,
} satisfies Translation<typeof en>;

const words = bilingual(en, zh);

test('two languages become one', () => {
  expect(words.steps).toEqual([
    { en: 'one', zh: '一' },
    { en: 'two', zh: '二' },
  ]);
  expect(words.size({ bytes: 5 })).toEqual({ en: '5 bytes', zh: '5 字节' });
});

test('a fact is what it is and what is expected of it; a claim has its verdict', () => {
  const what = { en: 'the answer', zh: '回答' };
  expect(factsOf(words, { answer: { 4: 'a', 6: 'b' } })).toEqual({ answer: { what, expected: { 4: 'a', 6: 'b' } } });
  expect(claimsOf(words, { open: 'wrong' })).toEqual([
    {
      text: { en: 'It is open.', zh: '它是开放的。' },
      verdict: 'wrong',
      because: { en: 'It is not.', zh: '并非如此。' },
    },
  ]);
});

test('what is missing, or too much, the compiler refuses', () => {
  // @ts-expect-error a fact is missing
  bilingual(en, { ...zh, facts: {} });
  // @ts-expect-error a step is missing
  bilingual(en, { ...zh, steps: ['一'] });
  // @ts-expect-error there is no third step
  bilingual(en, { ...zh, steps: ['一', '二', '三'] });
  // @ts-expect-error there is no such text
  bilingual({ title: 'a' }, { title: 'b', subtitle: 'c' });
  // @ts-expect-error it is made of bytes
  bilingual(en, { ...zh, size: ({ words }) => `${String(words)} 字` });
  // @ts-expect-error nothing is expected of a fact
  factsOf(words, {});
  // @ts-expect-error a claim has no verdict
  expect(claimsOf(words, {})).toEqual([]);
});
