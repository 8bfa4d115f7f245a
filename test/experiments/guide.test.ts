/** The experiment that docs/experiments.md adds is one: its files, as they stand there, pass its test as it stands there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { AnyExperiment } from '../../src/experiments/experiment.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { textOf } from '../../src/experiments/texts.js';
import { observed } from './observed.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-guide-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Each block, told apart by its first line; what it imports from `src/experiments/ID/` is found from elsewhere. */
const blocks = [...readFileSync('docs/experiments.md', 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code = '']) =>
  code
    .replaceAll("from '../../", `from '${resolve('src')}/`)
    .replaceAll("from '../", `from '${resolve('src/experiments')}/`),
);

test('the experiment is as expected, and turned the other way it is not', async () => {
  const [en = '', zh = '', program = ''] = blocks;
  const files = { 'en.ts': en, 'zh.ts': zh, 'late-ack.ts': program };
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
  const { lateAck } = (await import(join(folder, 'late-ack.ts'))) as { lateAck: AnyExperiment };
  expect(textOf(lateAck).title).toEqual({ en: 'An ACK without a SYN', zh: '没有 SYN 的 ACK' });
  for (const family of [4, 6] as const) {
    const run = await runExperiment(lateAck, { family });
    expect(run.ok).toBe(true);
    expect(observed(run)).toEqual({ answer: 'R 7:7(0)' });
    expect(observed(await runExperiment(lateAck, { family, world: { sent: false } }))).toEqual({ answer: 'none' });
  }
});
