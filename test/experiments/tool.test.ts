import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../../src/lab/bench/tool.js';
import { createLab, type Lab } from '../../src/lab/lab.js';

let lab: Lab;
beforeAll(() => {
  lab = createLab();
});
afterAll(() => {
  lab.close();
});

test('runs inside the host, and tells how it ended', async () => {
  const result = await runTool(lab.client, ['sh', '-c', 'ip -o -4 address show dev eth0; echo why >&2; exit 7']);
  expect(result).toMatchObject({ status: 7, stderr: 'why\n' });
  expect(result?.stdout).toContain('192.0.2.1/24');
});

test('a program that is not installed gives no result', async () => {
  expect(await runTool(lab.client, ['rawshake-no-such-program'])).toBeUndefined();
});

test('an abort kills it', async () => {
  const controller = new AbortController();
  const run = runTool(lab.client, ['sleep', '100'], controller.signal);
  await nextTurn();
  controller.abort();
  await expect(run).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  await expect(runTool(lab.client, ['sleep', '100'], controller.signal)).rejects.toMatchObject({
    code: 'RS_INTERRUPTED',
  });
});
