/** Every exercise of the course: its sample solution gets all points, and typical wrong answers do not. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readAnswers, readExercise } from '../../../src/exercise/read.js';
import { runExercise } from '../../../src/exercise/run.js';

/** Per exercise: an answer in place of the solution's, and why somebody would give it. */
const WRONG: Readonly<Record<string, readonly (readonly [why: string, question: string, answer: unknown])[]>> = {
  '01-first-ack': [
    ['the SYN was forgotten', 'ack', 'synack.seq'],
    ['the number that the server acknowledged', 'ack', 'synack.ack + 1'],
    ["somebody else's number", 'seq', 1_000_001],
    ['no number', 'acked', 'the next one'],
  ],
  '02-closed-port': [
    ['a RST is thought to acknowledge nothing', 'syn', 'R'],
    ['every RST is thought to acknowledge', 'data', 'R.'],
    ['a RST is thought to be answered, too', 'rst', 'R'],
    ["the SYN's own number", 'syn_number', 4_281_009_459],
    ['the FIN was forgotten', 'fin_number', 4_281_010_016],
    ['the bytes were added, as if the RST counted them', 'data_number', 1_287_290_939],
  ],
  '03-options': [
    ['no window scale was offered', 'wscale', 'S 0:0(0) win 64240 <mss 1460>'],
    ['everything was offered', 'wscale', 'S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>'],
    ['SACK blocks in place of the permission', 'sack', 'S 0:0(0) win 64240 <mss 1460,nop,nop,sack 1:2>'],
    ['no timestamps', 'timestamps', 'S 0:0(0) win 64240 <mss 1460>'],
    [
      'value and echo the wrong way round',
      'timestamps',
      'S 0:0(0) win 64240 <mss 1460,nop,nop,TS val 0 ecr 1296777646>',
    ],
    ['the window in place of the segment size', 'mss', 'S 0:0(0) win 277 <mss 1460>'],
    ['no packet', 'mss', 'mss 277'],
  ],
  '04-raw-alone': [
    ['the ACK was right, so it should work', 'alone', 'ESTABLISHED'],
    ['the RST is believed to come from the peer', 'sender', 'server_kernel'],
    ["the SYN's own number", 'rst', 3_040_366_974],
    ['a bound port is taken for an owner', 'bind', 'ESTABLISHED'],
    ['the raw socket is thought to hear before INPUT', 'input', 'ESTABLISHED'],
    ['a race is believed in', 'fix', 'faster'],
  ],
  '05-wrong-ack': [
    ["the client's kernel is blamed again", 'sender', 'client_kernel'],
    ['the RST is thought to go on where the server was', 'rst', 'wrong.seq'],
    ['a RST is thought to end the connection', 'left', 'LISTEN'],
    ['one too small', 'ack', 'synack.seq'],
    ['one too large', 'ack', 'synack.seq + 2'],
    ['the wrong field', 'ack', 'synack.ack + 1'],
  ],
};

const EXERCISES = readdirSync('exercises')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

test('there are wrong answers to each exercise', () => {
  expect(Object.keys(WRONG)).toEqual(EXERCISES);
});

describe.each(EXERCISES)('%s', (name) => {
  const exercise = readExercise(`exercises/${name}.yaml`);
  const solution = readAnswers(`exercises/solutions/${name}.yaml`);

  test('the sample solution gets all points', async () => {
    const run = await runExercise(exercise, { answers: solution });
    const wrong = run.cases.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));
    expect({ ok: run.ok, points: run.points, wrong }).toEqual({ ok: true, points: run.of, wrong: [] });
  });

  test.each(WRONG[name] ?? [])('%s', async (_why, question, answer) => {
    const answers = { ...solution, answers: { ...solution.answers, [question]: answer } };
    const run = await runExercise(exercise, { answers });
    const result = run.questions.find(({ id }) => id === question);
    expect(result).toMatchObject({ right: false });
    expect(result?.objections).not.toEqual([]);
  });
});
