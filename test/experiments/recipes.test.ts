import { expect, test } from 'vitest';
import { recipes } from '../../src/experiments/recipes/recipes.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

test.each([4, 6] as const)('each recipe of the web does what is said of it (IPv%i)', async (family) => {
  const run = await runExperiment(recipes, { family });
  expect(run.facts.filter(({ ok }) => !ok)).toEqual([]);
  expect(run.facts).toHaveLength(12);
  expect(run.scenes).toHaveLength(12);
});

test('without them: none does', async () => {
  const run = await runExperiment(recipes, { family: 4, world: { followed: false } });
  const { sysctl, ...others } = observed(run);
  expect(sysctl).toEqual(['reset-by-own-kernel']);
  for (const fact of Object.values(others)) expect(fact).toEqual(['reset-by-own-kernel']);
  expect(run.facts.filter(({ ok }) => ok).map(({ name }) => name)).toEqual(['sysctl']);
});
