/** SIGUSR1 has Node.js open its debugger to every user of the machine, in a process of root: nowhere in ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { commandOf, namespacesMadeBy, processesWith } from '../support/traces.js';

const PROGRAM = resolve('bin/rawshake.js');

let lab: Lab;
let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  lab = createLab();
  folder = mkdtempSync(join(tmpdir(), 'rawshake-debugger-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  lab.close();
  rmSync(folder, { recursive: true });
});

function startHere(...words: readonly string[]): ChildProcess {
  const args = [`--net=${lab.server.netns.path}`, process.execPath, ...words];
  const child = spawn('nsenter', args, { cwd: folder, env: { ...process.env, LANG: 'C', RAWSHAKE_TEST: folder } });
  children.push(child);
  return child;
}

const debuggers = (): string => lab.server.run(['ss', '-Hltn', 'sport = :9229']);

/** A Node.js beside them, signalled after them, has its own open: theirs would be, too. */
async function signalled(pids: readonly number[]): Promise<void> {
  const other = startHere('--inspect-port=9230', '-e', 'setInterval(() => undefined, 1e6); console.log("runs")');
  await once(other.stdout ?? other, 'data');
  for (const pid of pids) process.kill(pid, 'SIGUSR1');
  other.kill('SIGUSR1');
  await once(other.stderr ?? other, 'data');
  expect(lab.server.run(['ss', '-Hltn', 'sport = :9230'])).not.toBe('');
}

test('listen goes on, without a debugger', async () => {
  const child = startHere(PROGRAM, 'listen', '80', '--address', lab.server.address(4), '--send', 'here');
  const notes = createInterface({ input: child.stderr ?? process.stdin })[Symbol.asyncIterator]();
  await notes.next();
  await signalled([child.pid ?? 0]);
  const client = spawn('nsenter', [
    ...[`--net=${lab.client.netns.path}`, process.execPath, PROGRAM],
    ...['connect', lab.server.address(4), '80'],
  ]);
  const [bytes] = (await once(client.stdout, 'data')) as [Buffer];
  expect(String(bytes)).toBe('here');
  expect(debuggers()).toBe('');
});

/** Long enough for whoever looks at its process. */
const EXERCISE = `
id: silence
title: Silence
text: Nothing is sent.
questions:
  - { id: unread, kind: number, ask: How many bytes? }
steps:
  - listen: { at: server }
  - silence: { at: client, for: 5s }
  - observe: { unread: server, is: '\${answer.unread}' }
`;

/** A process in the middle of its work: it has a lab. */
const working = (name: string): Promise<number> =>
  vi.waitFor(
    () => {
      const found = processesWith(`RAWSHAKE_TEST=${folder}`).find((pid) => commandOf(pid).includes(name));
      expect(namespacesMadeBy(Number(found)).length).toBeGreaterThanOrEqual(2);
      return Number(found);
    },
    { timeout: 30_000, interval: 5 },
  );

test.each([
  ['experiment-child', ['lab', 'run', 'all']],
  ['grade-child', ['lab', 'grade', 'submissions', '--exercise', 'exercise.yaml']],
])('nor in a process of %s', async (name, words) => {
  writeFileSync(join(folder, 'exercise.yaml'), EXERCISE);
  mkdirSync(join(folder, 'submissions'));
  writeFileSync(join(folder, 'submissions', 'one.yaml'), 'answers: { unread: 0 }\n');
  startHere(PROGRAM, ...words);
  const pid = await working(name);
  await signalled([pid]);
  expect(commandOf(String(pid))).toContain(name);
  expect(debuggers()).toBe('');
});

test('nor does it end the guard of a rule', async () => {
  const child = startHere(
    PROGRAM,
    'filter',
    'add',
    '--from',
    `${lab.server.address(4)}:41000`,
    ...['--to', `${lab.client.address(4)}:80`, '--backend', 'iptables'],
  );
  await once(child.stdout ?? child, 'data');
  const guards = processesWith(`RAWSHAKE_TEST=${folder}`)
    .map(Number)
    .filter((pid) => pid !== child.pid);
  expect(guards).not.toEqual([]);
  for (const pid of guards) process.kill(pid, 'SIGUSR1');
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(lab.server.run(['iptables', '-t', 'raw', '-S'])).not.toContain('41000'), {
    timeout: 5000,
    interval: 10,
  });
});
