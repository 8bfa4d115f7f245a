/** What every experiment says, in both languages. */
import { describe, expect, test } from 'vitest';
import type { Text } from '../../src/error.js';
import type { ExperimentText } from '../../src/evidence/experiment.js';
import { EXPERIMENTS } from '../../src/experiments/all.js';

const ALL: readonly ExperimentText[] = EXPERIMENTS;

const textsOf = ({ title, claim, steps, explanation, next, claims }: ExperimentText): readonly Text[] => [
  ...[title, claim, explanation, ...steps, ...next],
  ...claims.flatMap(({ text, because }) => [text, because]),
];

test('every experiment has an id of its own', () => {
  expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
});

test('no claim is judged twice', () => {
  const claims = ALL.flatMap((experiment) => experiment.claims.map(({ text }) => text.en));
  expect(new Set(claims).size).toBe(claims.length);
});

describe.each(ALL.map((experiment) => [experiment.id, experiment] as const))('%s', (_id, experiment) => {
  test('says everything in English and in Chinese', () => {
    const facts = EXPERIMENTS.filter(({ id }) => id === experiment.id).flatMap((found) => Object.values(found.facts));
    const texts = [...textsOf(experiment), ...facts.map(({ what }) => what)];
    for (const { en, zh } of texts) {
      expect(en).toMatch(/[A-Za-z]/);
      expect(en).not.toMatch(/[\u3400-\u9fff]/);
      if (!NAMES.includes(zh)) expect(zh).toMatch(/[\u3400-\u9fff]/);
    }
    expect(experiment.steps.length).toBeGreaterThan(0);
    expect(experiment.next.length).toBeGreaterThan(0);
  });

  test('what its lines are to print is a regular expression', () => {
    for (const { prints } of experiment.byHand) {
      if (prints !== undefined) expect(() => new RegExp(prints, 'm')).not.toThrow();
    }
  });
});

/** The same in both languages. */
const NAMES = ['SYN', 'RST', 'RST/ACK', 'ACK', 'SYN/ACK', 'curl'];
