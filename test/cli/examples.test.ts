/** The code of the README is the code of docs/examples, and it runs. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCommand } from '../../src/linux/command.js';

const example = readFileSync('docs/examples/http.mjs', 'utf8')
  .replace(/^\/\/.*\n/gm, '')
  .trim();

test.each(['README.md', 'README.zh-CN.md'])('%s shows the example as it is', (file) => {
  const [, block = ''] = /```js\n([^]*?)```/.exec(readFileSync(file, 'utf8')) ?? [];
  expect(block.trim()).toBe(example);
});

test.each([
  { file: 'docs/examples/http.mjs', prints: '200 you asked for /page' },
  { file: 'docs/examples/handshake.mjs', prints: "{ outcome: 'established' }\nhello\n" },
])('$file runs and does what it says', ({ file, prints }) => {
  expect(runCommand([process.execPath, file])).toContain(prints);
});

test('README.md is a short read', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
