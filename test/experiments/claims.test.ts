/** docs/claims.md and its Chinese twin are made of the experiments' claims. */
import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { describe, expect, test } from 'vitest';
import type { Language, Text } from '../../src/error.js';
import type { Verdict } from '../../src/evidence/experiment.js';
import { EXPERIMENTS } from '../../src/experiments/all.js';
import { VERDICTS } from '../../src/report/experiment-words.js';

const INTRODUCTION: Text = {
  en: `# What is often said about TCP

Sentences from textbooks, courses and the web, each judged by an experiment that anyone can run in seconds, on the kernel
at hand. [中文](claims.zh-CN.md)

Made from the experiments in \`src/experiments/\`; \`npm run docs\` makes it again.
`,
  zh: `# 关于 TCP 的常见说法

这些说法来自教科书、课程和网络。每一条都由一个实验来评判：任何人都可以在自己的内核上，用几秒钟亲自验证。[English](claims.md)

由 \`src/experiments/\` 中的实验生成；\`npm run docs\` 重新生成。
`,
};

const SECTIONS: Readonly<Record<Verdict, Text>> = {
  wrong: { en: 'Wrong', zh: '错误' },
  outdated: { en: 'Outdated: it was so once', zh: '已过时：曾经如此' },
  refined: { en: 'Not quite: true with a condition', zh: '需要修正：有条件地成立' },
  confirmed: { en: 'Confirmed', zh: '属实' },
};

const SHOWN_BY: Text = { en: 'Shown by', zh: '实验' };

function page(language: Language): string {
  const claims = EXPERIMENTS.flatMap(({ id, claims: own }) => own.map((claim) => ({ id, ...claim })));
  const sections = (Object.keys(SECTIONS) as Verdict[]).flatMap((verdict) => {
    const ofVerdict = claims.filter((claim) => claim.verdict === verdict);
    if (ofVerdict.length === 0) return [];
    const [open, close, colon] = language === 'zh' ? ['“', '”', '：'] : ['“', '”', ': '];
    return [
      `## ${SECTIONS[verdict][language]}`,
      ...ofVerdict.flatMap(({ text, because, id }) => [
        `### ${open}${text[language].replace(/[.。]$/, '')}${close}`,
        `**${VERDICTS[verdict][language]}**${colon}${because[language]}`,
        `${SHOWN_BY[language]}${colon}\`rawshake lab run ${id}\``,
      ]),
    ];
  });
  return [INTRODUCTION[language], ...sections].join('\n\n');
}

const settings = JSON.parse(readFileSync('.prettierrc.json', 'utf8')) as object;

describe.each([
  { language: 'en', file: 'docs/claims.md' },
  { language: 'zh', file: 'docs/claims.zh-CN.md' },
] as const)('$file', ({ language, file }) => {
  test('is up to date', async () => {
    const formatted = await format(page(language), { ...settings, parser: 'markdown' });
    await expect(formatted).toMatchFileSnapshot(`../../${file}`);
  });
});

test('no sentence is judged twice', () => {
  const texts = EXPERIMENTS.flatMap(({ claims }) => claims.map(({ text }) => text.en));
  expect(texts).toEqual([...new Set(texts)]);
});
