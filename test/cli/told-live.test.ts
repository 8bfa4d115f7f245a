/** `--live`: what happens is told on stderr while it happens. */
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { finish, json, rawshake } from '../support/cli.js';
import { startStreaming } from '../support/stream-programs.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

test('connect: the answer is told of while the input is still open, and the report has the same words', async () => {
  await lab.server.listen(4, 80, (socket) => socket.pipe(socket));
  const args = ['connect', lab.server.address(4), '80', '--stdin', '--wait', '30', '--live', '--plain'];
  const child = startStreaming(lab.client.netns, args);
  const end = finish(child);
  let heard = '';
  while (!heard.includes('sends ACK to server\n')) {
    const [text] = (await once(child.stderr ?? child, 'data')) as [string];
    heard += text;
  }
  child.stdin?.end('hello');
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello' });
  const [live = '', report = ''] = stderr.split('rawshake connect');
  const told = live.trim().split('\n');
  expect(told[0]).toMatch(/^0\.000 ms: client \(rawshake\) sends SYN to server$/);
  const shown = report.split('\n');
  for (const line of told) expect(shown).toContain(line);
});

test('lab run: every line is one of the report’s', async () => {
  const { code, stdout, stderr } = await rawshake(['lab', 'run', 'raw-alone', '--live', '--plain']);
  expect(code).toBe(0);
  const [heading, ...told] = stderr.trim().split('\n');
  expect(heading).toBe('raw-alone IPv4');
  expect(told).toContainEqual(expect.stringMatching(/^\d+\.\d{3} ms: client's kernel sends RST to server$/));
  // Of two ports the first is told apart only in the end.
  const shown = stdout.split('\n');
  expect(told.filter((line) => !shown.some((other) => other.startsWith(line)))).toEqual([]);
});

test('beside JSON, of several runs one after the other', async () => {
  const result = await rawshake(['lab', 'run', 'raw-alone', 'reset-rules', '--live', '--json', '--lang', 'zh']);
  expect(json(result)).toMatchObject({ experiments: [{ id: 'raw-alone' }, { id: 'reset-rules' }] });
  const lines = result.stderr.trim().split('\n');
  const headings = lines.filter((line) => line.endsWith('IPv4'));
  expect(headings).toEqual(['raw-alone IPv4', 'reset-rules IPv4']);
  expect(lines).toContainEqual(expect.stringMatching(/毫秒：.*发给服务器 SYN$/));
});

test('what cannot be dialled ends without anything told', async () => {
  const prefix = ['nsenter', `--net=${lab.client.netns.path}`];
  const result = await rawshake(['connect', '198.51.100.7', '80', '--live'], { prefix });
  expect(result.stderr).toMatch(/^rawshake: /);
});
