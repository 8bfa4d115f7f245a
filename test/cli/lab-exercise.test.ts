/** Exercises as a teacher and as a student use them: shown, answered, graded by the folder. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../../src/linux/process/command.js';
import { json, rawshake, WITHOUT_CAPABILITIES } from '../support/cli.js';

const EXERCISE = 'exercises/01-first-ack.yaml';
const SOLUTION = 'exercises/solutions/01-first-ack.yaml';

const folder = (): string => mkdtempSync(join(tmpdir(), 'rawshake-exercise-'));

/** The blocks of a language in a page. */
const blocks = (page: string, language: string): string[] =>
  Array.from(
    readFileSync(page, 'utf8').matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g')),
    ([, block = '']) => block,
  );

test('without answers: the text with the numbers of the student, the questions, and answers to fill in', async () => {
  const { code, stdout } = await rawshake(['lab', 'exercise', EXERCISE, '--student', 'teacher']);
  expect(code).toBe(0);
  expect(stdout).toContain('Compute the ACK');
  expect(stdout).toContain('with the sequence number 1816292903');
  expect(stdout).toContain('  student: "teacher"\n  answers:\n    ack: # a number, or a formula\n');
});

test('--explain: whose points each check decides, without a lab; nothing beside it', async () => {
  const { code, stdout } = await rawshake(['lab', 'exercise', '01', '--explain', '--lang', 'en']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/steps\[2\] +none +expect \{ at: client/);
  expect(stdout).toMatch(/steps\[5\] +ack \(used before\) +state \{/);
  const explained = json(await rawshake(['lab', 'exercise', '01', '--explain', '--json'])) as { steps: object[] };
  expect(explained).toMatchObject({ command: 'lab exercise --explain', version: 1, id: 'first-ack' });
  expect(explained.steps.at(-1)).toMatchObject({ check: true, answers: ['acked'], decides: 'acked', by: 'field' });
  expect((await rawshake(['lab', 'exercise', '01', '--explain', '--answers', SOLUTION])).code).toBe(2);
});

test('right answers: all points and exit 0; also as JSON and JUnit, and without root', async () => {
  const { code, stdout } = await rawshake(['lab', 'exercise', EXERCISE, '--answers', SOLUTION]);
  expect(stdout).toContain('4 of 4 points');
  expect(code).toBe(0);

  const junit = join(folder(), 'junit.xml');
  const result = await rawshake(['lab', 'exercise', EXERCISE, '--answers', SOLUTION, '--json', '--junit', junit], {
    prefix: WITHOUT_CAPABILITIES,
  });
  expect(json(result)).toMatchObject({ command: 'lab exercise', rootless: true, ok: true, points: 4, of: 4 });
  expect(readFileSync(junit, 'utf8')).toContain('<testcase name="ack (2/2)" classname="first-ack"/>');
});

test.each([
  ['lab exercise', ['lab', 'exercise', EXERCISE, '--answers', SOLUTION, '--junit'], '4 of 4 points'],
  ['compare', ['compare', '--remedy', 'none', '--html'], 'RST'],
  ['lab run', ['lab', 'run', 'accept-queue', '--junit'], 'accept'],
] as const)('%s: a file that cannot be written does not take the result with it', async (_, args, result) => {
  for (const file of ['/dev/full', '/nowhere/at/all']) {
    const { code, stdout, stderr } = await rawshake([...args, file]);
    expect(code).toBe(2);
    expect(stdout).toContain(result);
    expect(stderr).toContain(`${file}: cannot be written`);
  }
});

test('wrong answers: exit 1, what the kernels did, and the hint', async () => {
  const answers = join(folder(), 'answers.yaml');
  writeFileSync(answers, 'student: bob\nanswers: { ack: synack.ack + 1 }\n');
  const { code, stdout } = await rawshake(['lab', 'exercise', EXERCISE, '--answers', answers, '--lang', 'zh']);
  expect(code).toBe(1);
  expect(stdout).toContain('预期 ESTABLISHED，实际 SYN_RECV');
  expect(stdout).toContain('服务器的 SYN 占用一个序号');
  expect(stdout).toContain('没有作答');
});

test('those that come with it: listed, found by number and name from anywhere, whatever lies there, copied', async () => {
  const listed = json(await rawshake(['lab', 'exercise', '--list', '--json'])) as { exercises: { name: string }[] };
  expect(listed.exercises).toHaveLength(18);
  expect(listed.exercises[1]).toMatchObject({ name: '02-closed-port', title: 'Answers from a closed port' });

  const base = folder();
  const launcher = resolve('bin/rawshake.js');
  const elsewhere = (...args: string[]) =>
    spawnSync(process.execPath, [launcher, 'lab', 'exercise', ...args], { cwd: base, encoding: 'utf8' });
  for (const name of ['1', '01', 'first-ack', '01-first-ack', '01-first-ack.yaml'])
    expect(elsewhere(name).stdout).toContain('Compute the ACK');
  const unknown = elsewhere('99', '--lang', 'en');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/^rawshake: 99: no such file, and no exercise[^]*hint: There are 01-first-ack, 02-/);

  expect(elsewhere('--copy', 'mine').status).toBe(0);
  for (const file of ['17-out-of-window.yaml', 'exercise.schema.json', 'solutions/01-first-ack.yaml'])
    expect(readFileSync(join(base, 'mine', file))).toEqual(readFileSync(join('exercises', file)));
  expect(elsewhere('--copy', 'mine').stderr).toContain('cannot be written (EEXIST)');
  for (const name of ['01', 'first-ack', 'mine-too', '01-first-ack.yaml'])
    writeFileSync(join(base, name), readFileSync('exercises/02-closed-port.yaml'));
  for (const name of ['01', '1', 'first-ack', '01-first-ack'])
    expect(elsewhere(name).stdout).toContain('Compute the ACK');
  for (const name of ['./01', 'mine-too', '01-first-ack.yaml'])
    expect(elsewhere(name).stdout).toContain('Answers from a closed port');
});

test('a script that is wrong: exit 2, and where', async () => {
  const script = join(folder(), 'wrong.yaml');
  writeFileSync(script, readFileSync(EXERCISE, 'utf8').replace('- listen:', '- lisen:'));
  const { code, stderr } = await rawshake(['lab', 'exercise', script]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/wrong\.yaml:\d+:5: steps\[0\]\.lisen: expected one of the keys of a step: send/);
});

test(
  'thirty submissions, broken ones among them: each has its row, whatever the others are',
  { timeout: 180_000 },
  async () => {
    const base = folder();
    const submissions = join(base, 'submissions');
    mkdirSync(submissions);
    const put = (name: string, text: string): void => writeFileSync(join(submissions, name), text);
    const solution = readFileSync(SOLUTION, 'utf8');
    for (let i = 0; i < 22; i++)
      put(`a${String(i).padStart(2, '0')}.yaml`, i % 2 === 0 ? solution : 'student: bob\nanswers: { ack: 5 }\n');
    put('broken.yaml', 'answers: [');
    put('empty.yaml', '');
    put('huge.yaml', 'x'.repeat(100_000));
    put('list.yaml', '- 1\n');
    put(
      'bomb.yaml',
      `k0: &a0 [[]]\n${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `k${i}: &a${i} [${`*a${i - 1},`.repeat(10)}]\n`).join('')}answers: {}\n`,
    );
    put('formula.yaml', 'student: "=cmd()"\nanswers: { ack: "${answer.ack}" }\n');
    put('rule.yaml', 'student: carl\nanswers: { ack: [1, 2], seq: { a: 1 }, acked: 0x10 }\n');
    symlinkSync('/etc/hostname', join(submissions, 'link.yaml'));
    const csv = join(base, 'grades.csv');
    const args = ['lab', 'grade', submissions, '--exercise', EXERCISE, '--csv', csv];

    const { code, stdout } = await rawshake(args);
    expect(code).toBe(1);
    expect(stdout).toContain('24 graded, 6 that could not be');
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    const rows: Readonly<Record<string, string>> = Object.fromEntries(
      lines.map((row) => [row.split(',')[0] ?? '', row]),
    );
    expect(Object.keys(rows)).toHaveLength(31);
    expect(rows['a00.yaml']).toContain('a00.yaml,teacher,4,4,2,1,1,"the same student as in a02.yaml');
    expect(rows['a01.yaml']).toContain('a01.yaml,bob,0,4,0,0,0,');
    expect(rows['broken.yaml']).toMatch(/^broken\.yaml,,,4,,,,1:11: expected YAML/);
    expect(rows['bomb.yaml']).toContain('aliases (*) that stand for less');
    expect(rows['huge.yaml']).toContain('larger than 64 KiB');
    expect(rows['link.yaml']).toContain('no file of its own');
    expect(rows['formula.yaml']).toBe("formula.yaml,'=cmd(),0,4,0,0,0,");
    expect(rows['rule.yaml']).toBe('rule.yaml,carl,0,4,0,0,0,');
  },
);

const SLOW = { en: 'not done after 0.001 s', zh: '0.001 秒后仍未完成' };

test('a submission that takes too long is ended, and its row says so', () => {
  const submissions = folder();
  writeFileSync(join(submissions, 'slow.yaml'), readFileSync(SOLUTION));
  const script = `
    import { gradeFolder } from 'rawshake/exercise';
    console.log(JSON.stringify(await gradeFolder(${JSON.stringify(submissions)}, '${EXERCISE}', { limitMs: 1 })));`;
  const grades = JSON.parse(runCommand([process.execPath, '--input-type=module', '--eval', script])) as unknown;
  expect(grades).toEqual({
    grades: [expect.objectContaining({ file: 'slow.yaml', graded: false, points: 0, note: SLOW })],
    passedOver: [],
  });
});

test.each(['docs/teaching.md', 'docs/teaching.zh-CN.md'])('what %s shows works', async (page) => {
  const base = folder();
  const [exercise = '', answers = ''] = blocks(page, 'yaml');
  writeFileSync(join(base, 'port-closed.yaml'), exercise);
  writeFileSync(join(base, 'alice.yaml'), answers);
  const { code, stdout } = await rawshake([
    'lab',
    'exercise',
    join(base, 'port-closed.yaml'),
    '--answers',
    join(base, 'alice.yaml'),
  ]);
  expect(stdout).toContain('3 of 3 points');
  expect(code).toBe(0);
  const [, example = ''] = blocks(page, 'js');
  expect(readFileSync('docs/examples/handshake.test.mjs', 'utf8')).toContain(example);
});
