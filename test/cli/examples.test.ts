/** The code of the README is the code of docs/examples, and it runs. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCommand } from '../../src/linux/command.js';

const example = readFileSync('docs/examples/handshake.mjs', 'utf8')
  .replace(/^\/\/.*\n/gm, '')
  .trim();

test.each(['README.md', 'README.zh-CN.md'])('%s shows the example as it is', (file) => {
  const [, block = ''] = /```js\n([^]*?)```/.exec(readFileSync(file, 'utf8')) ?? [];
  expect(block.trim()).toBe(example);
});

test('the example runs and does what it says', () => {
  expect(runCommand([process.execPath, 'docs/examples/handshake.mjs'])).toContain('established');
});
