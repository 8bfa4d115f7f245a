/** What an exercise or an answer may not do: run for ever, swell, run out of stack, or reach out of its lab. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAnswers } from '../../src/exercise/answers.js';
import { parseExercise } from '../../src/exercise/read.js';
import { runExercise } from '../../src/exercise/run.js';
import { json, rawshake } from '../support/cli.js';

/** An exercise with these questions and steps. */
const exercise = (questions: string, steps: string): string =>
  `id: hostile\ntitle: a\ntext: a\nvariables: { word: hello }\nquestions:\n${questions}\nsteps:\n${steps}\n`;

/** Played as a teacher does. */
async function play(script: string, answers = 'answers: {}\n') {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-hostile-'));
  const [file, answered] = [join(folder, 'e.yaml'), join(folder, 'a.yaml')];
  writeFileSync(file, script);
  writeFileSync(answered, answers);
  return rawshake(['lab', 'exercise', file, '--answers', answered, '--json']);
}

/** Graded as the only answer of a class. */
async function gradeOne(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-hostile-'));
  const answers = join(folder, 'answers');
  mkdirSync(answers);
  writeFileSync(join(folder, 'e.yaml'), script);
  writeFileSync(join(answers, 'a.yaml'), 'answers: { n: 5 }\n');
  const result = await rawshake(['lab', 'grade', answers, '--exercise', join(folder, 'e.yaml'), '--json']);
  return (json(result) as { readonly submissions: readonly unknown[] }).submissions[0];
}

interface Outcome {
  readonly points: number;
  readonly questions: readonly { readonly right: boolean; readonly objections: readonly { readonly what: string }[] }[];
}

const NUMBER = '  - { id: n, kind: number, formula: true, ask: a }';
const USE = "  - observe: { value: '${answer.n}', is: 5 }";

describe('an answer is refused with a reason', () => {
  test.each<[what: string, answer: string, why: RegExp]>([
    ['brackets', `'${'('.repeat(900)}1'`, /column 52: expected brackets at most 50 deep/],
    ['a chain', `'1${'+1'.repeat(900)}'`, /column 1001: expected at most 1000 characters/],
    ['lists in lists', '['.repeat(90) + ']'.repeat(90), /not a text or a number/],
    ['no number', '.nan', /not a number that can be used: \.nan/],
    ['a number without end', '-.inf', /not a number that can be used: -\.inf/],
    [
      'a list of which no more is shown than its beginning',
      `[${'[],'.repeat(15_000)}]`,
      /not a text or a number: \[\[\],.{1900,2000}$/,
    ],
    ['text without end', `'${'1'.repeat(60_000)}'`, /too long/],
  ])('%s', async (_what, answer, why) => {
    const result = await play(exercise(NUMBER, USE), `answers: { n: ${answer} }\n`);
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect((json(result) as Outcome).questions[0]?.objections[0]?.what).toMatch(why);
  });

  test('a count from which a repeat would never come back', async () => {
    const result = await play(
      exercise(NUMBER, "  - repeat: { times: '${answer.n}', steps: [{ bind: { at: server, port: 9 } }] }\n" + USE),
      'answers: { n: 4000000000 }\n',
    );
    expect(result.code).toBe(1);
    expect((json(result) as Outcome).questions[0]?.objections[0]?.what).toMatch(/no count from 1 to 1000/);
  });

  test('a count from which a packet would be sent for ever', async () => {
    const send = "send: { from: client, packet: 'S 0:0(0) win 1', retransmit: { every: 0ms, times: '${answer.n}' } }";
    const result = await play(exercise(NUMBER, `  - ${send}\n${USE}`), 'answers: { n: 4000000000 }\n');
    expect(result.code).toBe(1);
    expect((json(result) as Outcome).questions[0]?.objections[0]?.what).toMatch(/no count from 1 to 100/);
  });

  test('a port that is taken: what the kernel says', async () => {
    const steps = "  - bind: { at: server, port: 9 }\n  - bind: { at: server, port: '${answer.n}' }\n" + USE;
    const result = await play(exercise(NUMBER, steps), 'answers: { n: 9 }\n');
    expect(result.code).toBe(1);
    expect((json(result) as Outcome).questions[0]?.objections[0]?.what).toMatch(/kernel refuses it: .*EADDRINUSE/);
  });

  test.each([
    ['a packet larger than IP has', 'P. 1:65501(65500) ack 1 win 1', /there is no such packet/],
    [
      'more options than a header has',
      `S 0:0(0) <${Array.from({ length: 300 }, () => 'nop').join(',')}>`,
      /there is no such packet/,
    ],
  ])('%s', async (_what, packet, why) => {
    const questions = '  - { id: p, kind: packet, ask: a }';
    const steps =
      "  - send: { from: client, packet: '${answer.p}' }\n  - observe: { next: client, is: none, within: 50ms }";
    const result = await play(exercise(questions, steps), `answers: { p: '${packet}' }\n`);
    expect(result).toMatchObject({ code: 1, stderr: '' });
    expect((json(result) as Outcome).questions[0]?.objections[0]?.what).toMatch(why);
  });
});

describe('an exercise', () => {
  test('with a regular expression that a backtracking engine never gets done with', async () => {
    const questions = "  - { id: t, kind: text, ask: a, matches: ['^(a+)+$', '^(a|a)*$', '(.*a){20}'] }";
    const result = await play(
      exercise(questions, '  - bind: { at: server }'),
      `answers: { t: ${'a'.repeat(1900)}b }\n`,
    );
    expect(result.code).toBe(1);
    expect((json(result) as Outcome).questions[0]?.right).toBe(false);
  });

  test('whose text doubles with each step', async () => {
    const step = "{ observe: { value: '${word}${word}', as: word } }";
    const result = await play(exercise('  []', `  - repeat: { times: 100, steps: [${step}] }`));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('longer than 65536 characters');
    expect(result.stdout.length).toBeLessThan(50_000_000);
  });

  test('whose values are long: what is kept of them is cut, and says so', async () => {
    const step = "{ observe: { value: '${word}', is: '${word}' } }";
    const script = exercise('  []', `  - repeat: { times: 500, steps: [${step}] }`);
    const result = await play(script.replace('hello', 'x'.repeat(60_000)));
    expect(result.code).toBe(0);
    expect(result.stdout.length).toBeLessThan(5_000_000);
    const { cases } = json(result) as { cases: [{ checks: { expected: string; observed: string }[] }] };
    expect(cases[0].checks).toHaveLength(500);
    const cut = expect.stringMatching(/^x{2000}… \(2000\/60000\)$/) as string;
    expect(cases[0].checks[0]).toMatchObject({ expected: cut, observed: cut });
  });

  test('with more to say than anybody reads', async () => {
    const step = "{ observe: { value: '${word}', is: '${word}' } }";
    const script = exercise('  []', `  - repeat: { times: 1000, steps: [${Array<string>(5).fill(step).join(', ')}] }`);
    const result = await play(script.replace('hello', 'x'.repeat(60_000)));
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_SCRIPT', message: 'a run has more than 4194304 characters to say' },
    });
  });

  test('whose runs are long, of a class: of each no more is kept than its grade is made of, and that is bounded', async () => {
    const wordy = (step: string): string =>
      exercise(NUMBER, `  - repeat: { times: 500, steps: [${step}] }\n${USE}`).replace('hello', 'x'.repeat(60_000));
    const decisive = await gradeOne(wordy("{ observe: { value: '${word}${answer.n}', is: '${word}5' } }"));
    expect(decisive).toMatchObject({ graded: true, points: 1 });
    const own = await gradeOne(wordy("{ observe: { value: '${word}', is: '${word}' } }"));
    expect(own).toMatchObject({ graded: false, note: 'a run has more than 262144 characters to say' });
  });

  test('that asks with a value of any length', async () => {
    const script = exercise("  - { id: t, kind: text, ask: '${word}', matches: [a] }", '  - bind: { at: server }');
    const result = await play(script.replace('hello', 'x'.repeat(70_000)), 'answers: { t: a }\n');
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_SCRIPT', message: expect.stringContaining('longer than 65536 characters') as string },
    });
  });

  test('that sends more than is kept', async () => {
    const packet = "packet: 'P. 1:60001(60000) ack 1 win 1'";
    const send = `{ send: { from: client, ${packet}, retransmit: { every: 10s, times: 100 } } }`;
    const result = await play(exercise('  []', `  - repeat: { times: 10, steps: [${send}] }`));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('in a case at most 16777216 bytes are sent by hand');
  });

  test('that sends more packets than are kept, each of nothing', async () => {
    const send = `{ send: { from: client, packet: 'S 0:0(0) win 1', retransmit: { every: 10s, times: 99 } } }`;
    const result = await play(exercise('  []', `  - repeat: { times: 101, steps: [${send}] }`));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain('in a case at most 10000 packets are sent by hand');
  });

  test('that repeats a repeat of a repeat', async () => {
    const inner = '[{ repeat: { times: 1000, steps: [{ release: all }] } }]';
    const script = exercise('  []', `  - repeat: { times: 1000, steps: ${inner} }`).replace(
      'steps:',
      'link: { relay: true }\nsteps:',
    );
    const result = await play(script);
    expect(result.code).toBe(2);
    expect(json(result)).toMatchObject({
      error: { code: 'RS_SCRIPT', message: expect.stringContaining('more than 10000 in one case') as string },
    });
  });

  test('that has thousands of steps ends when it is told to', async () => {
    const script = exercise('  []', '  - repeat: { times: 1000, steps: [{ release: all }] }').replace(
      'steps:',
      'link: { relay: true }\nsteps:',
    );
    const controller = new AbortController();
    const run = runExercise(parseExercise(script), { signal: controller.signal });
    setImmediate(() => {
      controller.abort();
    });
    await expect(run).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  });

  test.each([
    [
      'a setting of the whole machine',
      'sysctls: { server: { kernel.core_pattern: x } }',
      /expected settings: net\.ipv4\.tcp_syncookies: 0/,
    ],
    [
      'a path',
      'sysctls: { server: { net.ipv4/../../kernel/core_pattern: x } }',
      /expected settings: net\.ipv4\.tcp_syncookies: 0/,
    ],
    ['an address of the world', 'addresses: { server: 8.8.8.8 }', /expected an address from 192\.0\.2\.1/],
    ['variables that cannot be added', "ports: { server: '${word + 1}' }", /word is "hello", not a number/],
  ])('with %s is refused', async (_what, line, why) => {
    const result = await play(exercise('  []', '  - bind: { at: server }').replace('steps:', `${line}\nsteps:`));
    expect(result.code).toBe(2);
    expect((json(result) as { readonly error: { readonly message: string } }).error.message).toMatch(why);
  });

  test('whose rule names a program: it is not run', async () => {
    const trace = join(mkdtempSync(join(tmpdir(), 'rawshake-rule-')), 'trace');
    for (const option of ['-M', '--modprobe', '--modp', '--mo']) {
      const step = `  - filter: { at: client, rule: '-A OUTPUT ${option} /bin/touch -j DROP' }`;
      const result = await play(exercise('  []', step));
      expect(result.stdout).toContain(`${option} is not allowed here`);
    }
    expect(() => readFileSync(trace)).toThrow('ENOENT');
  });
});

test('keys that every object has are keys like others, but for one, which is refused', async () => {
  expect(() => parseAnswers('student: alice\nanswers: { __proto__: { n: 5 } }\n')).toThrow(/2:12: .*__proto__/);
  const answers = parseAnswers('student: __proto__\nanswers: { constructor: 1, n: 5 }\n');
  expect(answers.student).toBe('__proto__');
  const run = await runExercise(parseExercise(exercise(NUMBER, USE)), { answers });
  expect(run.points).toBe(1);
  expect(Object.hasOwn(Object.prototype, 'n')).toBe(false);
});

describe('values that ports and addresses are tried with', () => {
  const COUNT = 50;
  const names = Array.from({ length: COUNT }, (_, i) => `v${i}`);
  const addresses = `{client: {4: '192.0.2.1\${0*(${names.join('+')})}'}}`;
  const listed = (length: number, value: (i: number) => number): string =>
    Array.from({ length }, (_, i) => value(i)).join(',');

  // Fifty labs are made one after another.
  test('a kilobyte that names the same again and again is shown', { timeout: 240_000 }, async () => {
    const variables = names.map((name, i) => `  ${name}: ${i === 0 ? `&a {oneOf: [${listed(100, () => 1)}]}` : '*a'}`);
    const row = `&r {${names.map((_, i) => `w${i}: 1`).join(', ')}}`;
    const file = join(mkdtempSync(join(tmpdir(), 'rawshake-hostile-')), 'e.yaml');
    const variants = [row, ...Array<string>(COUNT - 1).fill('*r')].join(', ');
    writeFileSync(
      file,
      `id: b\ntitle: t\ntext: x\nvariables:\n${variables.join('\n')}\nvariants: [${variants}]\naddresses: ${addresses}\nsteps: []\n`,
    );
    expect(await rawshake(['lab', 'exercise', file])).toMatchObject({ code: 0, stderr: '' });
  });

  const DIFFERENT = `id: b\ntitle: t\ntext: x\nvariables: { ${names
    .map((name) => `${name}: {oneOf: [${listed(100, (i) => i)}]}`)
    .join(', ')} }\naddresses: ${addresses}\n`;

  test('more than can be tried are a problem', () => {
    const rows = listed(3, (i) => i).replaceAll(/\d/g, '{ v0: $& }');
    expect(() => parseExercise(`${DIFFERENT}variants: [${rows}]\nsteps: []\n`)).toThrow(
      /variables: expected fewer values: .* at most 10000 in all/,
    );
  });

  test('one signal ends it while they are tried', () => {
    const script = `
      import { interruptible } from './dist/cli/interrupt.js';
      import { parseExercise } from './dist/exercise/read.js';
      await interruptible('x', async () => {
        process.kill(process.pid, 'SIGINT');
        parseExercise(${JSON.stringify(`${DIFFERENT}steps: []\n`)});
      }).catch(({ code }) => console.log(code));`;
    const words = ['--input-type=module', '--eval', script];
    expect(spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout).toBe('RS_INTERRUPTED\n');
  });
});
