/** The code of README, docs/library.md and docs/diagnosis.md is the code of docs/examples, and it runs. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-examples-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const example = (name: string): string => readFileSync(`docs/examples/${name}`, 'utf8');

const blocks = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/```js\n([^]*?)```/g)].map(([, code = '']) => code);

test.each(['README.md', 'README.zh-CN.md'])('%s shows the example as it is', (file) => {
  expect(blocks(file)[0]?.trim()).toBe(
    example('http.mjs')
      .replace(/^\/\/.*\n/gm, '')
      .trim(),
  );
});

test('docs/library.md and docs/diagnosis.md show all of them', () => {
  expect([...blocks('docs/library.md'), ...blocks('docs/diagnosis.md')].sort()).toEqual(
    readdirSync('docs/examples').map(example).sort(),
  );
});

const run = (name: string, ...args: string[]): string =>
  runCommand(['sh', '-c', 'cd "$0" && exec "$@"', folder, process.execPath, resolve('docs/examples', name), ...args]);

test.each([
  { name: 'http.mjs', prints: '200 you asked for /page' },
  { name: 'handshake.mjs', prints: "{ outcome: 'established' }\nhello\n" },
  { name: 'endpoint.mjs', prints: 'hello ' },
  { name: 'feed.mjs', prints: "client's kernel sends RST to server\n" },
  { name: 'experiment.mjs', prints: '✓  the answer to the SYN  S. 0:0(0) ack 1  S. 0:0(0) ack 1' },
  {
    name: 'findings.mjs',
    prints: "own-kernel-reset seen RESET by the client's own kernel iptables -w -t raw -I OUTPUT",
  },
  { name: 'program.mjs', prints: '192.0.2.2 8888 established' },
  { name: 'watch.mjs', prints: '{ sent: 1, received: 0 }' },
  { name: 'twenty-syns.mjs', prints: "'mss 1460,nop,nop,sackOK,nop,wscale" },
])('$name runs and does what it says', ({ name, prints }) => {
  expect(run(name)).toContain(prints);
});

test('capture.mjs reads what experiment.mjs has written, whose page has the same words', () => {
  run('experiment.mjs');
  expect(run('capture.mjs', 'syn-with-data.pcapng')).toMatch(
    /^192\.0\.2\.1 > 192\.0\.2\.2 S 1000:1005\(5\) win 64240 <mss 1460>$/m,
  );
  expect(readFileSync(join(folder, 'syn-with-data.html'), 'utf8')).toContain('SYN_RECV on :8888');
});

test('README.md is a short read', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
