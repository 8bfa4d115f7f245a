/** Programs that exercises run: graded by what passed the link, whatever they say themselves. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseExercise } from '../../../src/exercise/read.js';
import { runExercise } from '../../../src/exercise/run.js';
import { exerciseText } from '../../../src/report/exercise-text.js';
import { rawshake, WITHOUT_CAPABILITIES } from '../../support/cli.js';
import { processesWith } from '../../support/traces.js';

const RAW_CLIENT = readFileSync('test/programs/raw-client.py', 'utf8');
const KERNEL_CLIENT = `
import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2]))).sendall(b"hello")
`;

const script = (steps: string, top = ''): string =>
  `id: own-client
title: Test
text: Test
hosts: { client: kernel, server: kernel }
${top}
questions: [{ id: client, kind: program, ask: Write it. }]
steps:
  - listen: { at: server }
${steps}`;

const RUN = `
  - run: { at: client, command: [python3, client.py, '\${server.address}', '\${server.port}'], files: { client.py: '\${answer.client}' } }
`;

async function play(text: string, client: string) {
  const run = await runExercise(parseExercise(text), { answers: { answers: { client } }, programs: true });
  const [first] = run.cases;
  const { checks, programs = [] } = first ?? { checks: [] };
  return { run, programs, checks: checks.map(({ ok, step, observed, what }) => [ok, step, observed || what.en]) };
}

const WITH_A_RULE = `
  - filter: { at: client, rule: '-t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP' }
${RUN}
  - finding: { id: established, at: client }
  - finding: { id: wrong-ack, absent: true }
  - observe: { packets: { from: client, flags: S, sender: program }, is: 1 }
  - observe: { sockets: { at: server, state: ESTABLISHED }, is: 1 }
`;

test('a client by a raw socket, behind a rule: its handshake is what is graded', async () => {
  const { run, checks, programs } = await play(script(WITH_A_RULE), RAW_CLIENT);
  expect(checks).toEqual([
    [true, 'steps[3].finding', 'established'],
    [true, 'steps[4].finding', 'established'],
    [true, 'steps[5].observe', '1'],
    [true, 'steps[6].observe', '1'],
  ]);
  expect(programs).toMatchObject([{ step: 'steps[2].run', status: 0, output: '' }]);
  expect(run.ok).toBe(true);
});

test('one with a fault has the finding against it, also where it says that all went well', async () => {
  const faulty = RAW_CLIENT.replace('sys.argv[3:] or ["none"]', '["ack"]').concat('print("established", flush=True)\n');
  const { run, checks, programs } = await play(script(WITH_A_RULE), faulty);
  expect(checks.slice(0, 2)).toEqual([
    [false, 'steps[3].finding', expect.stringContaining('wrong-ack')],
    [false, 'steps[4].finding', expect.stringContaining('wrong-ack')],
  ]);
  expect(programs).toMatchObject([{ status: 0, output: 'established\n' }]);
  expect(run.points).toBe(0);
});

const BY_HAND = `${RUN}
  - observe: { packets: { from: client, flags: S }, is: 1 }
  - seen: { from: client, clientPort: 42042, packet: 'S 0:0(0) <...>', socket: raw }
`;

test('a kernel’s connection is not taken for one by a raw socket', async () => {
  const own = KERNEL_CLIENT.replace('int(sys.argv[2]))', "int(sys.argv[2])), source_address=('', 42042)");
  expect((await play(script(BY_HAND), own)).checks).toEqual([
    [true, 'steps[2].observe', '1'],
    [false, 'steps[3].seen', 'nothing'],
  ]);
  const { checks } = await play(script(BY_HAND), RAW_CLIENT.replace('42000 + os.getpid() % 1000', '42042'));
  expect(checks.map(([ok]) => ok)).toEqual([true, true]);
});

test('what its kernel did meanwhile is evidence, too', async () => {
  const steps = `${RUN}
  - finding: { id: own-kernel-reset, at: client, serverPort: 8888 }
  - finding: { id: own-kernel-reset, serverPort: 8889, absent: true }
  - event: { at: client, event: tcp_send_reset, reason: NO_SOCKET }
  - observe: { packets: { from: client, flags: R, sender: kernel }, is: 1 }
`;
  expect((await play(script(steps), RAW_CLIENT)).checks.map(([ok]) => ok)).toEqual([true, true, true, true]);
});

test('a server in the background answers what the script does, over a link that is passed on frame by frame', async () => {
  const text = script(
    `
  - run: { at: server, command: [python3, s.py, '\${server.port}'], files: { s.py: '\${answer.client}' }, background: true }
  - observe: { sockets: { at: server, state: LISTEN }, is: 1, within: 5s }
  - connect: { at: client }
  - read: { at: client, text: 'hello', within: 2s }
  - finding: { id: established }
`,
    'link: { relay: true }',
  ).replace('  - listen: { at: server }\n', '');
  const server = `
import socket, sys, time
listener = socket.create_server(("", int(sys.argv[1])))
print("ready", flush=True)
connection, _ = listener.accept()
connection.sendall(b"hello")
time.sleep(1000)
`;
  const { checks, programs } = await play(text, server);
  expect(checks.map(([ok]) => ok)).toEqual([true, true, true]);
  expect(programs).toMatchObject([{ endedFor: 'done', output: 'ready\n' }]);
});

test('what does not end is ended with all that it has started; of gigabytes that it writes the end is kept, and shown escaped', async () => {
  const marker = 'rawshake-endless-4711';
  const endless = `
import os, sys
if os.fork() == 0:
    os.setsid()
    os.execvp("sh", ["sh", "-c", ": ${marker}; while :; do sleep 1; done"])
while True:
    os.write(1, b"x\\x1b[31m\\n" * 10000)
`;
  const { run, programs, checks } = await play(
    script(`${RUN.replace('files:', 'for: 300ms, files:')}  - finding: { id: established }\n`),
    endless,
  );
  expect(programs).toMatchObject([{ endedFor: 'time-out', signal: 'SIGKILL' }]);
  expect(programs[0]?.output).toContain('x\x1b[31m\nx');
  expect(programs[0]?.output.length).toBeLessThanOrEqual(4096);
  expect(exerciseText(run, { language: 'en', columns: 100, unicode: true, verbose: false } as never)).not.toContain(
    '\x1b[31m',
  );
  expect(checks).toEqual([[false, 'steps[2].finding', 'nothing']]);
  expect(processesWith(marker)).toEqual([]);
});

test('without a word that it may, nothing is run', async () => {
  await expect(
    runExercise(parseExercise(script(RUN.concat('  - finding: { id: established }\n')))),
  ).rejects.toMatchObject({
    code: 'RS_USAGE',
    hint: expect.stringContaining('--run-programs') as string,
  });
});

test('a program that this machine lacks is nobody’s fault: it is no wrong answer', async () => {
  const text = script(`${RUN.replace('python3', 'no-such-language')}  - finding: { id: established }\n`);
  await expect(play(text, '')).rejects.toMatchObject({ code: 'RS_USAGE' });
});

test.each([
  [
    'on a host whose packets are made by hand',
    'hosts: { client: kernel',
    'hosts: { client: raw',
    'steps[1].run.at: expected a kernel host',
  ],
  ['with a path in place of a name', 'client.py:', '../x:', 'a name (letters, digits'],
  ['without end', 'files:', 'for: 11s, files:', 'at most 10s'],
  ['with more memory than there may be', 'files:', 'memory: 5000, files:', 'memory in MiB from 16 to 4096'],
  [
    'without a command',
    "[python3, client.py, '${server.address}', '${server.port}']",
    '[]',
    'a program and its arguments',
  ],
])('a step that runs one %s is refused', (_, from, to, message) => {
  const text = script(`${RUN}  - finding: { id: established }\n`);
  expect(() => parseExercise(text.replace(from, to))).toThrow(message);
});

test('submissions are graded one beside another, and none can do anything about it', async () => {
  const [folder, own] = [
    mkdtempSync(join(tmpdir(), 'rawshake-programs-')),
    mkdtempSync(join(tmpdir(), 'rawshake-own-')),
  ];
  const exercise = join(own, 'exercise.yaml');
  writeFileSync(exercise, script(WITH_A_RULE));
  const hostile = `import os, signal\nprint(open("${exercise}").read())\nos.kill(-1, signal.SIGKILL)\n`;
  const submissions = { amber: RAW_CLIENT, birk: hostile, cleo: 'while True: pass' };
  for (const [student, client] of Object.entries(submissions))
    writeFileSync(join(folder, `${student}.yaml`), stringify({ student, answers: { client } }));
  const grade = ['lab', 'grade', folder, '--exercise', exercise];
  const refused = await rawshake(grade);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--run-programs') as string });
  const { code, stdout } = await rawshake([...grade, '--json', '--run-programs']);
  expect(code).toBe(0);
  const { submissions: grades } = JSON.parse(stdout) as { submissions: Record<string, unknown>[] };
  expect(grades.map(({ student, points, graded }) => [student, points, graded])).toEqual([
    ['amber', 1, true],
    ['birk', 0, true],
    ['cleo', 0, true],
  ]);
});

test('an ordinary user: the same, in a user namespace', async () => {
  const own = mkdtempSync(join(tmpdir(), 'rawshake-own-'));
  writeFileSync(join(own, 'exercise.yaml'), script(WITH_A_RULE));
  writeFileSync(join(own, 'answers.yaml'), stringify({ answers: { client: RAW_CLIENT } }));
  const files = [join(own, 'exercise.yaml'), '--answers', join(own, 'answers.yaml')];
  const { code, stdout } = await rawshake(['lab', 'exercise', ...files, '--run-programs'], {
    prefix: WITHOUT_CAPABILITIES,
  });
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 of 1 point')]);
  expect(stdout).toMatch(/python3 client\.py 192\.0\.2\.2 8888 ended with status 0/);
});
