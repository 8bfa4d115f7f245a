/** Each kind of step, played against real kernels: what it checks when all is right, and what it says when it is not. */
import { describe, expect, test } from 'vitest';
import { ownFailure } from '../../../src/evidence/exercise.js';
import { casesFor, textFor } from '../../../src/exercise/cases.js';
import { parseAnswers } from '../../../src/exercise/answers.js';
import { parseExercise } from '../../../src/exercise/read.js';
import { runExercise } from '../../../src/exercise/run.js';
import { objectionLine } from '../../../src/report/exercise-words.js';

/** The steps of an exercise, and what of it is not the default. */
const script = (steps: string, top = ''): string =>
  `id: test\ntitle: Test\ntext: Test\n${top}\nsteps:\n${steps.trimEnd().replace(/^(?! {2}- | {4})/gm, '')}\n`;

/** What each check observed, by its step; of packets without window and options. */
async function observed(steps: string, top = '', answers = 'answers: {}') {
  const run = await runExercise(parseExercise(script(steps, top)), { answers: parseAnswers(answers) });
  return run.cases.flatMap(({ checks }) =>
    checks.map(({ step, observed, what, ok }) => [ok, step, observed.replace(/ win \d+.*/, '') || what.en]),
  );
}

const HANDSHAKE = `
  - listen: { at: server }
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460>' }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <mss 1460>' }
  - send: { from: client, packet: '. 1:1(0) ack 1 win 64240' }
`;

test('a handshake by hand, data both ways, and an orderly close, in both families', async () => {
  const steps = `${HANDSHAKE}
  - send: { from: client, packet: 'P. 1:6(5) ack 1 win 64240', payload: hello }
  - expect: { at: client, packet: '. 1:1(0) ack 6' }
  - read: { at: server, text: hello }
  - write: { at: server, text: world! }
  - expect: { at: client, packet: 'P. 1:7(6) ack 6' }
  - send: { from: client, packet: '. 6:6(0) ack 7 win 64240' }
  - close: { at: server }
  - expect: { at: client, packet: 'F. 7:7(0) ack 6' }
  - state: { server: FIN_WAIT1 }
`;
  const once = [
    [true, 'steps[2].expect', 'S. 0:0(0) ack 1'],
    [true, 'steps[5].expect', '. 1:1(0) ack 6'],
    [true, 'steps[6].read', 'hello'],
    [true, 'steps[8].expect', 'P. 1:7(6) ack 6'],
    [true, 'steps[11].expect', 'F. 7:7(0) ack 6'],
    [true, 'steps[12].state', 'FIN_WAIT1'],
  ];
  expect(await observed(steps, 'remedy: iptables')).toEqual(once);
  const inIpv6 = steps.replace('<mss 1460>', '<mss 1440>').replaceAll("ack 1 <mss 1460>'", "ack 1 <...>'");
  expect(await observed(inIpv6, 'remedy: nft\nfamily: 6')).toEqual(once);
});

test.each(['owner', 'owner\nfamily: 6', 'input'])(
  'behind remedy %s, until it goes: then its kernel answers',
  async (remedy) => {
    const mss = remedy.endsWith('6')
      ? HANDSHAKE.replace('<mss 1460>', '<mss 1440>').replaceAll("ack 1 <mss 1460>'", "ack 1 <...>'")
      : HANDSHAKE;
    const steps = `${mss}
  - state: { client: none, server: ESTABLISHED }
  - filter: off
  - write: { at: server, text: late }
  - seen: { from: client, packet: 'R 1:1(0)', sender: kernel }
`;
    const seen = await observed(steps, `remedy: ${remedy}`);
    expect(seen.filter(([ok]) => ok !== true)).toEqual([]);
  },
);

test("without a filter the client's kernel resets the connection, and that is seen on the link", async () => {
  const steps = `${HANDSHAKE}
  - seen: { from: client, packet: 'S 0:0(0) <mss 1460>', sender: rawshake }
  - seen: { from: client, packet: 'R 1:1(0)', sender: kernel }
  - observe: { packets: { from: client, flags: R, sender: kernel }, is: 2 }
  - state: { client: none, server: LISTEN }
`;
  expect(await observed(steps)).toEqual([
    [true, 'steps[2].expect', 'S. 0:0(0) ack 1'],
    [true, 'steps[4].seen', 'S 0:0(0)'],
    [true, 'steps[5].seen', 'R 1:1(0)'],
    [false, 'steps[6].observe', '1'],
    [true, 'steps[7].state', 'none'],
    [true, 'steps[7].state', 'LISTEN'],
  ]);
});

test('what does not come is said, and so is what came instead', async () => {
  const steps = `
  - send: { from: client, packet: 'S 0:0(0) win 64240' }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>' }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>', within: 20ms }
  - silence: { at: client, for: 20ms }
  - send: { from: client, packet: 'S 7:7(0) win 64240' }
  - silence: { at: client, for: 1s }
`;
  expect(await observed(steps)).toEqual([
    [false, 'steps[1].expect', 'R. 0:0(0) ack 1'],
    [false, 'steps[2].expect', 'nothing'],
    [true, 'steps[3].silence', 'nothing'],
    [false, 'steps[5].silence', 'R. 0:0(0) ack 8'],
  ]);
});

test('a server by hand: a program connects, and what connect() says is observed', async () => {
  const steps = `
  - connect: { at: client }
  - expect: { at: server, packet: 'S 0:0(0) <...>', as: syn }
  - send: { from: server, packet: 'S. 0:0(0) ack \${syn.seq + 1 - client.iss} win 64240 <mss 1460>' }
  - observe: { connect: client, is: connected }
  - expect: { at: server, packet: '. 1:1(0) ack 1' }
`;
  const top = 'hosts: { client: kernel, server: raw }\nremedy: iptables';
  expect(await observed(steps, top)).toEqual([
    [true, 'steps[1].expect', 'S 0:0(0)'],
    [true, 'steps[3].observe', 'connected'],
    [true, 'steps[4].expect', '. 1:1(0) ack 1'],
  ]);
  expect(await observed(steps, top.replace('iptables', 'none'))).toContainEqual([
    false,
    'steps[3].observe',
    'ECONNREFUSED',
  ]);
});

test('a full queue: the last ACK is dropped, and its connection stays half-open', async () => {
  const steps = `
  - listen: { at: server, backlog: 1 }
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460>' }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>' }
  - send: { from: client, packet: '. 1:1(0) ack 1 win 64240' }
  - repeat:
      times: 2
      as: i
      steps:
        - send: { from: client, clientPort: '\${41001 + i}', packet: 'S 0:0(0) win 64240 <mss 1460>' }
        - expect: { at: client, clientPort: '\${41001 + i}', packet: 'S. 0:0(0) ack 1 <...>' }
  - repeat:
      times: 2
      as: i
      steps: [send: { from: client, clientPort: '\${41001 + i}', packet: '. 1:1(0) ack 1 win 64240' }]
  - state: { server: ESTABLISHED, clientPort: 41001 }
  - state: { server: SYN_RECV, clientPort: 41002 }
  - observe: { sockets: { at: server, state: SYN_RECV }, is: 1 }
  - observe: { counter: { at: server, name: TcpExtListenOverflows }, is: 1 }
  - accept: { at: server }
  - read: { at: server, text: x, within: 20ms }
`;
  const checks = await observed(steps, 'remedy: iptables');
  expect(checks.map(([ok, , value]) => [ok, value])).toEqual([
    [true, 'S. 0:0(0) ack 1'],
    [true, 'S. 0:0(0) ack 1'],
    [true, 'S. 0:0(0) ack 1'],
    [true, 'ESTABLISHED'],
    [true, 'SYN_RECV'],
    [true, '1'],
    [true, '1'],
    [false, 'nothing'],
  ]);
});

test('a link that holds and drops: two programs open at once', async () => {
  const steps = `
  - hold: { flags: S }
  - connect: { at: client }
  - connect: { at: server }
  - held: { count: 2 }
  - state: { client: SYN_SENT, server: SYN_SENT }
  - release: all
  - observe: { connect: client, is: connected }
  - observe: { connect: server, is: connected }
  - write: { at: client, text: hello }
  - read: { at: server, text: hello }
`;
  const checks = await observed(steps, 'hosts: { client: kernel, server: kernel }\nlink: { relay: true }');
  expect(checks.map(([ok, , value]) => [ok, value])).toEqual([
    [true, '2'],
    [true, 'SYN_SENT'],
    [true, 'SYN_SENT'],
    [true, 'connected'],
    [true, 'connected'],
    [true, 'hello'],
  ]);
});

test('a program that connects to itself', async () => {
  const steps = `
  - connect: { at: client, self: true }
  - observe: { connect: client, self: true, is: connected }
  - state: { client: ESTABLISHED, self: true }
  - seen: { from: client, self: true, packet: 'S 0:0(0) <...>' }
  - seen: { from: client, self: true, packet: 'S. 0:0(0) ack 1 <...>' }
  - write: { at: client, self: true, text: echo }
  - read: { at: client, self: true, text: echo }
`;
  const checks = await observed(steps, 'hosts: { client: kernel }');
  expect(checks.map(([ok, , value]) => [ok, value])).toEqual([
    [true, 'connected'],
    [true, 'ESTABLISHED'],
    [true, 'S 0:0(0)'],
    [true, 'S. 0:0(0) ack 1'],
    [true, 'echo'],
  ]);
});

test('a lossy link: what is lost is sent again until the answer is there', async () => {
  const steps = `
  - listen: { at: server }
  - drop: { from: client, flags: S, times: 2 }
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460>', retransmit: { every: 20ms, times: 10 } }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>' }
`;
  expect(await observed(steps, 'remedy: iptables\nlink: { relay: true }')).toEqual([
    [true, 'steps[3].expect', 'S. 0:0(0) ack 1'],
  ]);
});

const RULE = `questions: [{ id: rule, kind: rule, ask: Which rule?, points: 3 }]`;

test('what is no number is told by itself, whatever the step wanted of it', async () => {
  const question = 'questions: [{ id: n, kind: number, ask: Which?, points: 1 }]';
  const parsed = parseExercise(script("  - observe: { value: '${answer.n}', is: 5 }", question));
  const run = await runExercise(parsed, { answers: { answers: { n: 'x' } } });
  const what = { en: 'your answer is no whole number: x', zh: '你的答案不是整数：x' };
  expect(run.questions[0]?.objections).toMatchObject([{ what }]);
});

const RULE_STEPS = `
  - filter: { at: client, rule: '\${answer.rule}' }
${HANDSHAKE}
  - state: { server: ESTABLISHED }
`;

test.each([
  ['in raw OUTPUT', '-t raw -A OUTPUT -p tcp --tcp-flags RST RST -j DROP', true, 'ESTABLISHED'],
  ['for the wrong direction', '-A INPUT -p tcp --tcp-flags RST RST -j DROP', false, 'LISTEN'],
  [
    'that would run something',
    '-A OUTPUT -M /bin/sh -j DROP',
    false,
    'filter is not possible: not a rule: -M is not allowed here',
  ],
  ['that iptables refuses', '-t raw -A INPUT -p tcp -j DROP', false, 'iptables refuses the rule'],
])('a rule %s', async (_what, rule, right, said) => {
  const run = await runExercise(parseExercise(script(RULE_STEPS, RULE)), { answers: { answers: { rule } } });
  expect(run.questions[0]).toMatchObject({ right, points: right ? 3 : 0 });
  const [objection] = run.questions[0]?.objections ?? [];
  if (!right) expect(`${objection?.what.en ?? ''}: ${objection?.observed ?? ''}`).toContain(said);
});

test('predictions, choices and texts; points in part where one of two variants is right', async () => {
  const top = `
variants: [{ flags: S }, { flags: . }]
questions:
  - { id: reply, kind: prediction, ask: What comes back?, is: came, points: 2 }
  - { id: why, kind: choice, ask: Why?, options: { a: no socket, b: no route }, right: a }
  - { id: word, kind: text, ask: Say it., matches: ['\\breset\\b', 'closed'] }
`;
  const steps = `
  - send: { from: client, packet: '\${flags} 0:0(0) ack 5 win 64240' }
  - observe: { next: client, as: came }
`;
  const answers = 'answers: { reply: R., why: a, word: A closed port answers RESET. }';
  const run = await runExercise(parseExercise(script(steps.replace(' ack 5', ''), top)), {
    answers: parseAnswers(answers),
  });
  expect(run.questions.map(({ id, points, right }) => [id, points, right])).toEqual([
    ['reply', 1, false],
    ['why', 1, true],
    ['word', 1, true],
  ]);
  expect(run.questions[0]?.objections).toMatchObject([{ caseName: 'IPv4, flags=.', expected: 'R.', observed: 'R' }]);
});

test('an answer that leaves the acknowledgment number open is none', async () => {
  const top = 'questions: [{ id: reply, kind: packet, ask: What comes back? }]';
  const steps = `
  - send: { from: client, packet: 'S 0:0(0) win 64240' }
  - expect: { at: client, packet: '\${answer.reply}' }
`;
  const points = async (reply: string): Promise<number> =>
    (await runExercise(parseExercise(script(steps, top)), { answers: { answers: { reply } } })).points;
  expect([await points('R. 0:0(0) ack 1'), await points('R. 0:0(0)'), await points('R. 0:0(0) ack 2')]).toEqual([
    1, 0, 0,
  ]);
});

test("the kernel's own words, or that they cannot be heard; a filter taken away too early", async () => {
  const steps = `
  - listen: { at: server }
  - filter: on
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460>' }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>' }
  - seen: { from: client, packet: 'S 0:0(0) <mss 1460>' }
  - send: { from: client, packet: '. 1:1(0) ack 1 win 64240' }
  - seen: { from: client, packet: '. 1:1(0) ack 1' }
  - event: { at: client, event: tcp_send_reset, reason: NO_SOCKET }
  - event: { at: server, event: tcp_bad_csum, within: 20ms }
  - state: { server: ESTABLISHED }
  - filter: off
  - write: { at: server, text: hello }
  - seen: { from: client, packet: 'R 1:1(0)', sender: kernel }
  - observe: { connect: server, is: ECONNRESET }
`;
  const run = await runExercise(parseExercise(script(steps)));
  const [only] = run.cases;
  const words = only?.checks.filter(({ step }) => step.endsWith('event')).map(({ ok }) => ok);
  // What a busy machine loses of the trace is said, and judges nothing from then on.
  const told = [true, false];
  expect(words).toEqual(only?.missing.length === 0 ? told : told.slice(0, words?.length));
  expect(only?.checks.filter(({ step, ok }) => !step.endsWith('event') && !ok)).toEqual([]);
});

test('adopt: the kernel carries a hand-made connection on, with the numbers that it is told', async () => {
  const steps = (
    seq: number,
  ): string => `${HANDSHAKE.replace('<mss 1460>', '<mss 1460,nop,wscale 7>').replace("<mss 1460>'", "<mss 1460,...>'")}
  - send: { from: client, packet: 'P. 1:6(5) ack 1 win 502', payload: hello }
  - expect: { at: client, packet: '. 1:1(0) ack 6' }
  - state: { client: none, server: ESTABLISHED }
  - adopt: { at: client, seq: ${String(seq)}, ack: 1 }
  - write: { at: client, text: ' world' }
  - read: { at: server, text: hello world }
  - write: { at: server, text: back }
  - read: { at: client, text: back }
  - state: { client: ESTABLISHED }
  - observe: { packets: { from: client, flags: R }, is: 0 }
`;
  const right = await observed(steps(6), 'remedy: adopt');
  expect(right.filter(([ok]) => ok !== true)).toEqual([]);
  expect(right).toHaveLength(8);
  expect(await observed(steps(5), 'remedy: adopt')).toContainEqual([false, 'steps[9].read', 'helloworld']);
  expect(await observed(`  - adopt: { at: client, seq: 1, ack: 1 }`, 'remedy: spare-address')).toEqual([
    [false, 'steps[0].adopt', expect.stringContaining('adopt is not possible: ')],
  ]);
});

test("addresses, and of the variants as many as each student is to have: all are the student's own", async () => {
  const top = `
family: [4, 6]
remedy: iptables
addresses: { client: { 4: '192.0.2.\${n}', 6: '2001:db8::\${n}' }, server: 192.0.2.200 }
variables: { n: { random: [10, 99] } }
variants: [{ flag: S }, { flag: F }, { flag: . }, { flag: P. }]
variantsPerStudent: 2
`;
  const steps = `
  - send: { from: client, packet: '\${flag} 0:0(0) ack 1 win 64240' }
  - observe: { next: client, as: came }
  - seen: { from: client, packet: '\${flag} 0:0(0) ack 1' }
  - state: { client: none }
`;
  const exercise = parseExercise(script(steps, top));
  const cases = async (student: string) => (await runExercise(exercise, { answers: { student, answers: {} } })).cases;
  const [first, again, other] = [await cases('alice'), await cases('alice'), await cases('bob')];
  const names = (runs: typeof first): readonly string[] => runs.map(({ name }) => name);
  expect(names(first)).toHaveLength(4);
  expect(names(again)).toEqual(names(first));
  expect(names(other)).not.toEqual(names(first));
  expect(first.flatMap(({ checks }) => checks.filter(({ ok }) => !ok))).toEqual([]);
  const [asAlice, asBob] = ['alice', 'bob'].map(
    (student) => textFor(exercise, student, { en: '${client.address} ${server.address}', zh: '' }).en,
  );
  expect(asAlice).toMatch(/^192\.0\.2\.\d\d 192\.0\.2\.200$/);
  expect(asBob).not.toBe(asAlice);
});

test('a step is called what its author calls it, before each objection that comes of it', async () => {
  const top = 'questions: [{ id: ack, kind: number, ask: Which? }]\nremedy: iptables';
  const steps = `
  - listen: { at: server }
  - send: { from: client, packet: 'S 0:0(0) win 64240' }
  - expect: { at: client, packet: 'S. 0:0(0) ack \${answer.ack} <...>' }
    label: { en: the answer to your SYN, zh: 对你的 SYN 的回答 }
`;
  const run = await runExercise(parseExercise(script(steps, top)), { answers: { answers: { ack: 7 } } });
  const [objection] = run.questions[0]?.objections ?? [];
  expect(objection && objectionLine(objection, 'zh')).toBe(
    '对你的 SYN 的回答：你的答案是 7；客户端收到：预期 S. 0:0(0) ack 7 <...>，实际 S. 0:0(0) ack 1',
  );
  const nobody = await runExercise(parseExercise(script(steps.replace(/.*listen.*\n.*\n/, ''), top)), {
    answers: { answers: { ack: 7 } },
  });
  const [nothing] = nobody.questions[0]?.objections ?? [];
  expect(nothing && objectionLine(nothing, 'zh')).toContain('，实际什么也没有');
});

test('options that are named among others; a link that loses, each student in another way', async () => {
  const steps = `
  - listen: { at: server }
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460,sackOK>', retransmit: { every: 20ms, times: 90 } }
  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...,sackOK,...>', within: 5s }
  - observe: { packets: { from: client, flags: S }, is: 1 }
`;
  const top = `
remedy: iptables
link: { loss: 0.6 }
sysctls: { server: { net.ipv4.tcp_invalid_ratelimit: 0 } }
variants: [{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }, { attempt: 4 }, { attempt: 5 }, { attempt: 6 }]
`;
  const exercise = parseExercise(script(steps, top));
  const seeds = (student: string): readonly number[] => casesFor(exercise, student).map(({ linkSeed }) => linkSeed);
  expect(new Set([...seeds('alice'), ...seeds('bob')]).size).toBe(12);
  expect(seeds('alice')).toEqual(seeds('alice'));
  const { cases } = await runExercise(exercise, { answers: { student: 'alice', answers: {} } });
  expect(cases.map(({ checks }) => checks[0]?.ok)).toEqual([true, true, true, true, true, true]);
  // Of six links, no more than one loses none of the first two packets.
  expect(cases.filter(({ checks }) => checks[1]?.ok === true).length).toBeLessThan(2);
});

describe('an answer that cannot be used', () => {
  const top = `
questions:
  - { id: first, kind: packet, ask: What comes back?, points: 2 }
  - { id: second, kind: packet, ask: And now?, points: 3 }
`;
  const steps = `
  - send: { from: client, packet: 'S 0:0(0) win 64240' }
  - expect: { at: client, packet: '\${answer.first}' }
  - send: { from: client, packet: 'S 0:5(5) win 64240' }
  - expect: { at: client, packet: '\${answer.second}' }
`;
  const points = async (first: unknown, second: unknown = 'R. 0:0(0) ack 6') => {
    const { questions } = await runExercise(parseExercise(script(steps, top)), {
      answers: { answers: { first, second } },
    });
    return questions.map((question) => question.points);
  };
  const why = async (first: unknown) => {
    const { questions } = await runExercise(parseExercise(script(steps, top)), { answers: { answers: { first } } });
    return questions[0]?.objections[0]?.what.en;
  };

  test('takes its turn all the same: those behind it are held against what is theirs', async () => {
    expect(await points('R. 0:0(0) ack 1')).toEqual([2, 3]);
    expect(await points(undefined)).toEqual([0, 3]);
    expect(await points('R. 0:0(0)')).toEqual([0, 3]);
    expect(await points('what?', 'R. 0:0(0) ack 1')).toEqual([0, 0]);
  });

  test('leaves nothing open, is no list, and writes ACK as a dot', async () => {
    expect(await why('R. 0:0(0) ack 1 <...>')).toContain('an answer leaves nothing open with ...');
    expect(await why('R. 0:0(0) ack 1 <nop,...>')).toContain('an answer leaves nothing open with ...');
    expect(await why(['R.', 1])).toContain('not a text or a number: ["R.",1]');
    expect(await why('RA 0:0(0) ack 1')).toContain('the flag ACK is written as a dot');
  });
});

test('options that were asked for are said, and what a number on the wire would be', async () => {
  const steps = (answer: string) => `
  - listen: { at: server }
  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460,nop,nop,sackOK>' }
  - expect: { at: client, packet: '${answer}' }
`;
  const { cases } = await runExercise(parseExercise(script(steps('S. 0:0(0) ack 2 <mss 1460,...>'))));
  expect(cases[0]?.checks[0]?.observed).toBe('S. 0:0(0) ack 1 win 64240 <mss 1460,nop,nop,sackOK>');
  const asked = `questions: [{ id: ack, kind: number, ask: Which? }]`;
  const run = await runExercise(
    parseExercise(script(steps('S. 0:0(0) ack ${answer.ack - client.iss} <mss 1460,...>'), asked)),
    {
      answers: { answers: { ack: 1 } },
    },
  );
  const [objection] = run.questions[0]?.objections ?? [];
  expect(objection?.observed).toMatch(
    /^S\. 0:0\(0\) ack 1 <mss 1460,nop,nop,sackOK> \(on the wire: seq \d+, ack \d+\)$/,
  );
});

test('an exercise that asks nothing shows all that is observed; checks of its own stay its own', async () => {
  const steps = `
  - send: { from: client, packet: 'S 0:0(0) win 64240' }
  - observe: { next: client, as: reply }
    label: the answer
  - observe: { value: '\${reply.ack - client.iss}', is: 1 }
  - observe: { value: '\${reply.options}', as: options }
`;
  expect(await observed(steps)).toEqual([
    [true, 'steps[1].observe', 'R.'],
    [true, 'steps[2].observe', '1'],
    [true, 'steps[3].observe', '<>'],
  ]);
  const asked = 'questions: [{ id: flags, kind: packet, ask: Which? }]';
  const own = `
  - send: { from: client, packet: '\${answer.flags}' }
  - state: { server: none }
  - state: { server: LISTEN, within: 10ms }
    for: none
`;
  const run = await runExercise(parseExercise(script(own, asked)), { answers: { answers: { flags: 'R 0:0(0)' } } });
  expect(run).toMatchObject({ points: 1, ok: false });
  expect(ownFailure(run)).toMatchObject({ step: 'steps[2].state', observed: 'none' });
});

test.each([
  [
    'sysctls: { server: { net.ipv4.tcp_no_such_thing: 1 } }',
    'net.ipv4.tcp_no_such_thing: this kernel has no such setting',
  ],
  [
    'sysctls: { server: { net.ipv4.tcp_syncookies: lots } }',
    'net.ipv4.tcp_syncookies: the kernel does not take "lots"',
  ],
])('%s is an error of its author', async (top, message) => {
  const steps = "  - send: { from: client, packet: 'S 0:0(0) win 64240' }";
  await expect(observed(steps, top)).rejects.toThrow(expect.objectContaining({ code: 'RS_USAGE', message }) as Error);
});

test('a counter that this kernel does not have is an error of its author', async () => {
  const steps = '  - observe: { counter: { at: server, name: TcpExtListenOverflow }, is: 0 }';
  await expect(observed(steps)).rejects.toThrow('counter: this kernel has none that is called TcpExtListenOverflow');
});

test('a check in a repeat decides what its steps would decide if they were written out', async () => {
  const questions = ['one', 'two', 'many'].map((id) => `{ id: ${id}, kind: number, ask: ? }`.replace('?', "'?'"));
  const steps = `
  - observe: { value: '\${answer.one}', is: 1 }
  - repeat:
      times: '\${answer.many}'
      steps:
        - state: { server: none }
        - observe: { value: '\${answer.two}', is: 2 }
  - state: { server: none }
`;
  const exercise = parseExercise(script(steps, `questions: [${questions.join(', ')}]`));
  const decided = async (many: string) => {
    const answers = parseAnswers(`answers: { one: 1, two: 2, many: ${many} }`);
    const { cases } = await runExercise(exercise, { answers });
    return cases[0]?.checks.map(({ question, ok }) => `${String(question)} ${ok ? 'right' : 'wrong'}`);
  };
  const turn = (first: string): string[] => [`${first} right`, 'two right'];
  expect(await decided('2')).toEqual(['one right', ...turn('many'), ...turn('two'), 'two right']);
  expect(await decided('none')).toEqual(['one right', 'many wrong', 'two right']);
});
