// Mutation tests: `npm run mutate`; of one file, `npm run mutate -- --mutate src/tcp/rtt.ts`; of so many lines of all rooms,
// chosen by a seed, `SAMPLE=300 SEED=1 npm run mutate`. The report is build/mutation/index.html. Not part of CI: it takes hours.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What works without a system; other files of the exercises play in labs. Texts are none of it. */
const MUTATED = new RegExp(
  `^src/((wire|tcp|filter|diagnosis|report)/.*|exercise/(${[
    ...['answers?', 'expression', 'extremes', 'host-check', 'judge', 'names', 'nesting', 'pattern', 'read-text'],
    ...['rule-answer', 'value-text', 'values', 'yaml-walk'],
  ].join('|')}))(?<!\\b(words|text|index|types))\\.ts$`,
);
const files = readdirSync('src', { recursive: true, withFileTypes: true })
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .filter((file) => MUTATED.test(file))
  .sort();

const { SAMPLE, SEED = '1' } = process.env;

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: SAMPLE === undefined ? files : sampleOf(Number(SAMPLE)),
  mutator: { excludedMutations: ['StringLiteral'] },
  ignorePatterns: ['dist', 'bundle', 'bundle.new', 'build'],
  ignoreStatic: true, // What runs while a file is loaded would cost all tests each time.
  concurrency: 2,
  incremental: SAMPLE === undefined,
  incrementalFile: 'build/mutation/incremental.json',
  tempDirName: 'build/mutation/tree',
  reporters: ['clear-text', 'html'],
  htmlReporter: { fileName: 'build/mutation/index.html' },
  clearTextReporter: { reportTests: false },
};

/** Lines, as Stryker takes them: whatever can be changed within one of them. */
function sampleOf(count) {
  const rank = (line) => createHash('sha256').update(`${SEED} ${line}`).digest('hex');
  return files
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, i) => (/^\s*(import\b|\/?\*|\/\/|[\])};,]*$)/.test(line) ? [] : [`${file}:${i + 1}-${i + 1}`])),
    )
    .map((line) => [rank(line), line])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, count)
    .map(([, line]) => line);
}
