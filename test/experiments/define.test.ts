/** An experiment of one's own, in as few words as it needs: what it becomes, and what silence is in it. */
import { expect, test } from 'vitest';
import { defineExperiment } from '../../src/experiments/define.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { observed } from './observed.js';

const own = defineExperiment({
  id: 'own',
  title: 'A port on which nobody listens',
  claim: { en: 'It is refused.', zh: '会被拒绝。' },
  facts: {
    answer: { what: { en: 'the answer', zh: '回答' }, expected: 'R. 0:0(0) ack 1' },
    resets: { what: 'RSTs', expected: { 4: 1, 6: 1 } },
  },
  next: ['no-listen'],
  byHand: [{ host: 'client', line: 'nc 192.0.2.2 8888' }],
  families: [4],
  world: { sent: true },
  observe: async (bench, { sent }) => {
    const client = bench.byHand('client');
    if (sent) client.send('S');
    return { answer: await client.answer({ withinMs: 50 }), resets: bench.kernelResets('server').length };
  },
});

test('a text without a language is the same in both; what is left out is empty', () => {
  expect(own).toMatchObject({
    title: { en: 'A port on which nobody listens', zh: 'A port on which nobody listens' },
    claim: { en: 'It is refused.', zh: '会被拒绝。' },
    facts: { resets: { what: { en: 'RSTs', zh: 'RSTs' }, expected: { 4: 1, 6: 1 } } },
    ...{ steps: [], claims: [], isOfNumbers: false, families: [4] },
    next: [{ en: 'no-listen', zh: 'no-listen' }],
    byHand: [{ host: 'client', line: 'nc 192.0.2.2 8888' }],
  });
  expect(own).not.toHaveProperty('alone');
});

test('in a world turned round nothing comes: that is a fact, and not as expected', async () => {
  expect(await runExperiment(own, { family: 4 })).toMatchObject({ ok: true });
  const turned = await runExperiment(own, { family: 4, world: { sent: false } });
  expect(turned.ok).toBe(false);
  expect(observed(turned)).toEqual({ answer: 'none', resets: 0 });
});
