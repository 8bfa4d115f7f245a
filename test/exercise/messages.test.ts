/** What is wrong with a script is said with line and column, and with what was expected there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { RawshakeError } from '../../src/error.js';
import { parseAnswers } from '../../src/exercise/answers.js';
import { parseExercise } from '../../src/exercise/read.js';

/** A script that is right; each test makes one line of it wrong. */
const LINES = [
  'id: sample', // 1
  'title: A sample', // 2
  'text: Send ${count} bytes.', // 3
  'variables: { count: 5 }', // 4
  'questions:', // 5
  '  - id: ack', // 6
  '    kind: number', // 7
  '    ask: Which ACK?', // 8
  'steps:', // 9
  '  - listen: { at: server }', // 10
  "  - send: { from: client, packet: 'S 0:0(0) win 64240 <mss 1460>' }", // 11
  "  - expect: { at: client, packet: 'S. 0:0(0) ack 1 <...>', as: synack }", // 12
  "  - send: { from: client, packet: '. 1:1(0) ack ${answer.ack} win 64240' }", // 13
  '  - state: { server: ESTABLISHED }', // 14
];

/** The script with line `number` replaced; undefined leaves it out. */
const withLine = (number: number, line: string | undefined): string =>
  LINES.flatMap((old, i) => (i + 1 === number ? (line ?? []) : [old])).join('\n');

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_SCRIPT') return error.message;
    throw error;
  }
  return 'nothing is wrong';
}

test('the sample is right', () => {
  expect(messageOf(() => parseExercise(LINES.join('\n')))).toBe('nothing is wrong');
});

test.each<[what: string, line: number, text: string | undefined, message: string]>([
  [
    'no YAML',
    10,
    '  - listen: { at: server',
    'a.yaml:11:3: expected YAML: a { or [ has no } or ] behind it that is indented further than what it stands in',
  ],
  [
    'one blank too many',
    9,
    ' steps:',
    'a.yaml:9:1: expected YAML: this is not indented as what it belongs to (see how far this line and the one before are indented)',
  ],
  ['tab', 10, '\t- listen: { at: server }', 'a.yaml:10:1: expected YAML: a line is indented by a tab; use blanks'],
  [
    'unknown key',
    2,
    'titel: A sample',
    'a.yaml:1:1: title: expected text, or { en, zh }, and there is nothing\na.yaml:2:1: titel: expected one of the keys of an exercise: id, title, text, family, hosts, remedy, addresses, ports, link, sysctls, variables, variants, variantsPerStudent, questions, steps',
  ],
  [
    'a variable that no object keeps',
    4,
    'variables: { count: 5, __proto__: 5 }',
    'a.yaml:4:24: expected another key than __proto__',
  ],
  [
    'an option that no object keeps',
    7,
    '    kind: choice\n    right: a\n    options: { a: b, "__proto__": c }',
    'a.yaml:9:22: expected another key than __proto__',
  ],
  ['key missing', 1, undefined, 'a.yaml:1:1: id: expected an id, and there is nothing'],
  ['wrong type', 1, 'id: 7', 'a.yaml:1:5: id: expected an id'],
  ['id with blanks', 1, 'id: First ACK', 'a.yaml:1:5: id: expected an id: small letters, digits and -'],
  [
    'unknown action',
    11,
    "  - sned: { from: client, packet: 'S 0:0(0)' }",
    'a.yaml:11:5: steps[1].sned: expected one of the keys of a step: send, expect, silence, seen, state, event, observe, listen, bind, connect, accept, write, read, close, adopt, run, finding, filter, hold, held, drop, release, repeat, for, label',
  ],
  [
    'two actions',
    10,
    '  - { listen: { at: server }, bind: { at: server } }',
    'a.yaml:10:5: steps[0]: expected one action in a step, found listen and bind',
  ],
  ['no action', 10, '  - {}', 'a.yaml:10:5: steps[0]: expected one action in a step, found none'],
  ['unknown host', 10, '  - listen: { at: middle }', 'a.yaml:10:19: steps[0].listen.at: expected client or server'],
  [
    'unknown key of an action',
    10,
    '  - listen: { at: server, prot: 80 }',
    'a.yaml:10:27: steps[0].listen.prot: expected one of the keys of listen: at, port, backlog, accept',
  ],
  [
    'packet that is none',
    11,
    "  - send: { from: client, packet: 'X 0:0(0) win 64240' }",
    'a.yaml:11:36: steps[1].send.packet: expected TCP flags: letters out of F S R P . U E W A, or - (the dot is ACK)',
  ],
  [
    'packet with a wrong option',
    11,
    "  - send: { from: client, packet: 'S 0:0(0) <msss 1460>' }",
    'a.yaml:11:46: steps[1].send.packet: expected an option: nop, eol, mss, wscale, sackOK, sack, TS, FO, FOEXP, uto, raw, md5, ao, mptcp or KIND:HEX',
  ],
  [
    'packet with a wrong length',
    11,
    "  - send: { from: client, packet: 'S 0:5(0)' }",
    'a.yaml:11:40: steps[1].send.packet: 0 + 0 bytes ends at 0',
  ],
  [
    'hand-made packet of a kernel host',
    11,
    "  - send: { from: server, packet: 'S 0:0(0)' }",
    'a.yaml:11:19: steps[1].send.from: expected a raw host, and server is a kernel host (see hosts; seen: shows its packets)',
  ],
  [
    'unknown state',
    14,
    '  - state: { server: OPEN }',
    'a.yaml:14:22: steps[4].state.server: expected a state: none, LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSING, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSE',
  ],
  [
    'time without a unit',
    12,
    "  - expect: { at: client, packet: 'S. 0:0(0)', within: 5 }",
    'a.yaml:12:56: steps[2].expect.within: expected a time: 200ms or 1s',
  ],
  [
    'too long a time',
    12,
    "  - expect: { at: client, packet: 'S. 0:0(0)', within: 60s }",
    'a.yaml:12:56: steps[2].expect.within: expected a time of at most 10s',
  ],
  [
    'expression that is none',
    13,
    "  - send: { from: client, packet: '. 1:1(0) ack ${answer.ack +}' }",
    'a.yaml:13:63: steps[3].send.packet: expected a whole number, a name or (',
  ],
  [
    'expression that is not closed',
    13,
    "  - send: { from: client, packet: '. 1:1(0) ack ${answer.ack' }",
    'a.yaml:13:49: steps[3].send.packet: expected } after ${',
  ],
  [
    'unknown name',
    13,
    "  - send: { from: client, packet: '. 1:1(0) ack ${answer.ack + n}' }",
    'a.yaml:13:64: steps[3].send.packet: expected a name that is known here, not n; known: count',
  ],
  [
    'packet before it was captured',
    11,
    "  - send: { from: client, packet: 'S ${synack.seq}:0(0)' }",
    'a.yaml:11:40: steps[1].send.packet: expected client, server or a packet of an earlier step (as: …), not synack',
  ],
  [
    'unknown field of a packet',
    13,
    "  - send: { from: client, packet: '. 1:1(0) ack ${synack.sequence}' }",
    'a.yaml:13:51: steps[3].send.packet: expected a field of synack: seq, ack, iss, window, length, port, flags, options, text',
  ],
  [
    'unknown question',
    13,
    "  - send: { from: client, packet: '. 1:1(0) ack ${answer.akc}' }",
    'a.yaml:13:51: steps[3].send.packet: expected answer. and the id of a question; known: ack',
  ],
  [
    'question that decides nothing',
    13,
    "  - send: { from: client, packet: '. 1:1(0) ack 1' }",
    'a.yaml:6:5: questions[0]: expected a step that uses ${answer.ack}, and a check in it or behind it',
  ],
  ...[
    ['0.004', 'from 0.01 to 10000'],
    ['1.0e+308', 'from 0.01 to 10000'],
    ['0.015', 'with at most two digits'],
  ].map(([points = '', why = '']): [string, number, string, string] => [
    `points: ${points}`,
    7,
    `    kind: number\n    points: ${points}`,
    `a.yaml:8:13: questions[0].points: expected points ${why}${why.startsWith('from') ? '' : ' behind the point'}`,
  ]),
  [
    'unknown kind',
    7,
    '    kind: nummer',
    'a.yaml:7:11: questions[0].kind: expected a question with a kind: number, packet, rule, program, choice, text, prediction',
  ],
  [
    'value in a text that is known later',
    3,
    'text: Send ${synack.seq} bytes.',
    'a.yaml:3:14: text: expected a variable, or iss, port or address of client or server, not synack.seq',
  ],
  [
    'port out of range',
    10,
    '  - listen: { at: server, port: 70000 }',
    'a.yaml:10:33: steps[0].listen.port: expected a port from 1 to 65535, or an expression ${…}',
  ],
  [
    'port that some student would not have',
    4,
    "variables: { count: { random: [60000, 70000] } }\nports: { client: '${count}' }",
    "a.yaml:5:18: ports.client: expected a port from 1 to 65535, whatever the student's values are: it can be 70000",
  ],
  [
    'address that no host of a lab can have',
    4,
    "variables: { count: { random: [2, 9] } }\naddresses: { server: '10.0.0.${count}' }",
    'a.yaml:5:22: addresses.server: expected an address from 192.0.2.1 to 192.0.2.254 other than 192.0.2.3, whatever the student\'s values are: it can be "10.0.0.2"',
  ],
  [
    'two hosts with the same address',
    4,
    'variables: { count: 5 }\naddresses: { client: 192.0.2.7, server: 192.0.2.7 }',
    'a.yaml:5:41: addresses.server: expected another address than the client\'s, whatever the student\'s values are: it can be "192.0.2.7"',
  ],
  [
    'address made of what is known later',
    4,
    "variables: { count: 5 }\naddresses: { client: '192.0.2.${server.port}' }",
    'a.yaml:5:33: addresses.client: expected a variable, not server.port; known: count',
  ],
  [
    'more variants than there are',
    4,
    'variables: { count: 5 }\nvariants: [{ a: 1 }, { a: 2 }]\nvariantsPerStudent: 3',
    'a.yaml:6:21: variantsPerStudent: expected at most as many as there are variants: 2',
  ],
  [
    'numbers left out',
    14,
    '  - adopt: { at: client, seq: 1 }',
    'a.yaml:14:12: steps[4].adopt.ack: expected the next sequence number to receive, counted from the SYN from 0 to 4294967295, or an expression ${…}, and there is nothing',
  ],
  [
    'A for ACK',
    11,
    "  - send: { from: client, packet: 'SA 0:0(0) ack 1' }",
    'a.yaml:11:35: steps[1].send.packet: the flag ACK is written as a dot: S. and P. (A is the flag AE, RFC 9768)',
  ],
  [
    'what a program reads where there is none',
    14,
    '  - observe: { unread: client, as: bytes }',
    'a.yaml:14:24: steps[4].observe.unread: expected a host on which a program listens, connects or adopts in a step before, and on client none does',
  ],
  [
    'value that is no expression',
    14,
    "  - observe: { value: '${synack.sek}', is: 1 }",
    'a.yaml:14:26: steps[4].observe.value: expected a field of synack: seq, ack, iss, window, length, port, flags, options, text',
  ],
  [
    'value in a text of several lines that is known later',
    3,
    'text: |\n  Send this:\n  ${count} bytes, ${synack.seq}, ${count} bytes.',
    'a.yaml:5:21: text: expected a variable, or iss, port or address of client or server, not synack.seq',
  ],
  [
    'families without end',
    14,
    '  - state: { server: ESTABLISHED }\nfamily: [4, 6, 4]',
    'a.yaml:15:9: family: expected 4, 6 or [4, 6]',
  ],
  [
    'option that every object has',
    8,
    '    ask: Which?\n  - { id: b, kind: choice, ask: b?, options: { x: y }, right: constructor }',
    'a.yaml:9:63: questions[1].right: expected one of the options: x',
  ],
  [
    'regular expression that needs a backtracking engine',
    8,
    "    ask: Which?\n  - { id: b, kind: text, ask: b?, matches: ['a', '(?=a)'] }",
    'a.yaml:9:50: questions[1].matches[1]: expected a regular expression without looking around or back: invalid or unsupported Perl syntax',
  ],
  [
    'ports of what is no number',
    4,
    "variables: { count: 5, word: a }\nports: { client: '${word + 1}' }",
    'a.yaml:1:1: expected ports and addresses that can be made: word is "a", not a number',
  ],
  [
    'variants without end',
    4,
    `variables: { count: 5 }\nvariants: [${'{ a: 1 },'.repeat(51)}]`,
    'a.yaml:5:11: variants: expected at most 50 variants',
  ],
  [
    'variant that lacks a value',
    4,
    'variables: { count: 5 }\nvariants: [{ a: 1, b: 1 }, { a: 2 }]',
    'a.yaml:5:28: variants[1]: expected a value for b, as the first variant has one',
  ],
  [
    'variants for each student where there are none',
    4,
    'variables: { count: 5 }\nvariantsPerStudent: 2',
    'a.yaml:5:21: variantsPerStudent: expected at most as many as there are variants: 0',
  ],
  [
    'two questions of one id',
    8,
    '    ask: Which ACK?\n  - { id: ack, kind: number, ask: And again? }',
    'a.yaml:9:11: questions[1].id: expected another id: ack is taken',
  ],
  [
    'value in a question that is known later',
    8,
    '    ask: Which ACK, after ${synack.seq}?',
    'a.yaml:8:29: questions[0].ask: expected a variable, or iss, port or address of client or server, not synack.seq',
  ],
  [
    'value in a hint that is known later',
    8,
    '    ask: Which ACK?\n    hint: It is ${n}.',
    'a.yaml:9:19: questions[0].hint: expected a variable, or iss, port or address of client or server, not n',
  ],
  [
    'value of one variant among several, which no text can name',
    3,
    'text: Send ${a} bytes.\nvariants: [{ a: 1 }, { a: 2 }]',
    'a.yaml:3:14: text: expected a variable, or iss, port or address of client or server, not a',
  ],
  [
    'number of a host that a kernel makes',
    3,
    'text: From ${server.iss} on.',
    'a.yaml:3:14: text: expected a variable, or iss, port or address of client or server, not server.iss',
  ],
  [
    'prediction of what nobody observes',
    8,
    '    ask: Which?\n  - { id: b, kind: prediction, is: seen, ask: b? }',
    'a.yaml:9:36: questions[1].is: expected the name of an observation (observe: { …, as: seen } in a step)',
  ],
  [
    'points of a question that is none',
    14,
    '  - state: { server: ESTABLISHED }\n    for: akc',
    'a.yaml:15:10: steps[4].for: expected the id of a question, or none; known: ack',
  ],
  [
    'observation of two things',
    14,
    "  - observe: { value: '${count}', unread: server, as: both }",
    'a.yaml:14:14: steps[4].observe: expected one of next, state, connect, unread, packets, sockets, counter, value',
  ],
  [
    'observation of nothing',
    14,
    '  - observe: { as: nothing }',
    'a.yaml:14:14: steps[4].observe: expected one of next, state, connect, unread, packets, sockets, counter, value',
  ],
  [
    'observation without a name or a value',
    14,
    "  - observe: { value: '${count}' }",
    'a.yaml:14:14: steps[4].observe: expected as: a name for it, or is: the value that it must have',
  ],
  [
    'name of an observation, before it was made',
    11,
    "  - observe: { value: '${n}', is: 1 }\n  - observe: { value: '${count}', as: n }",
    'a.yaml:11:26: steps[1].observe.value: expected a name that is known here, not n; known: count',
  ],
  [
    'what is unknown in a repeat',
    14,
    "  - repeat: { times: '${n}', as: i, steps: [observe: { value: '${i + j}', is: 1 }] }",
    'a.yaml:14:25: steps[4].repeat.times: expected a name that is known here, not n; known: count\n' +
      'a.yaml:14:70: steps[4].repeat.steps[0].observe.value: expected a name that is known here, not j; known: count, i',
  ],
  [
    'field of a host that it does not have',
    14,
    "  - observe: { value: '${client.seq}', is: 1 }",
    'a.yaml:14:26: steps[4].observe.value: expected a field of client: iss, port, address',
  ],
  [
    'field of a field',
    14,
    "  - observe: { value: '${client.iss.iss}', is: 1 }",
    'a.yaml:14:26: steps[4].observe.value: expected a field of client: iss, port, address',
  ],
  [
    'packet without a field',
    14,
    "  - observe: { value: '${synack}', is: 1 }",
    'a.yaml:14:26: steps[4].observe.value: expected a field of synack: seq, ack, iss, window, length, port, flags, options, text',
  ],
  [
    'field of an answer',
    14,
    "  - observe: { value: '${answer.ack.ack}', is: 1 }",
    'a.yaml:14:26: steps[4].observe.value: expected answer. and the id of a question; known: ack',
  ],
  [
    'state of no host',
    14,
    '  - state: {}',
    'a.yaml:14:12: steps[4].state: expected the state of a host: { server: ESTABLISHED }',
  ],
  [
    'port that is too small, and one that is a word',
    4,
    "variables: { count: { oneOf: [5, 0] }, word: a }\nports: { client: '${count}', server: '${word}' }",
    "a.yaml:5:18: ports.client: expected a port from 1 to 65535, whatever the student's values are: it can be 0\n" +
      'a.yaml:5:38: ports.server: expected a port from 1 to 65535, whatever the student\'s values are: it can be "a"',
  ],
  [
    'port that only another variant has',
    4,
    "variables: { count: 5 }\nvariants: [{ a: 1, b: 7 }, { a: 70000, b: 8 }]\nports: { client: '${a}' }",
    "a.yaml:6:18: ports.client: expected a port from 1 to 65535, whatever the student's values are: it can be 70000",
  ],
  [
    'two hosts with the same address for some student',
    4,
    "variables: { count: { random: [4, 9] } }\naddresses: { client: 192.0.2.9, server: '192.0.2.${count}' }",
    'a.yaml:5:41: addresses.server: expected another address than the client\'s, whatever the student\'s values are: it can be "192.0.2.9"',
  ],
  [
    "the client's own address, which nobody has given it",
    4,
    'variables: { count: 5 }\naddresses: { server: { 4: 192.0.2.1 } }',
    'a.yaml:5:27: addresses.server[4]: expected another address than the client\'s, whatever the student\'s values are: it can be "192.0.2.1"',
  ],
  [
    'IPv6 address of another network',
    4,
    "variables: { count: 5 }\naddresses: { client: { 4: '192.0.2.${count}', 6: '2001:db9::${count}' } }",
    'a.yaml:5:50: addresses.client[6]: expected an address from 2001:db8::1 to 2001:db8::ffff other than 2001:db8::3, whatever the student\'s values are: it can be "2001:db9::5"',
  ],
  [
    'link without a relay',
    10,
    '  - hold: { flags: S }',
    'a.yaml:10:11: steps[0].hold: expected link: { relay: true } at the top of the exercise',
  ],
])('%s', (_what, line, text, message) => {
  expect(messageOf(() => parseExercise(withLine(line, text), 'a.yaml'))).toBe(message);
});

/** `count` values from `from` on. */
const oneOf = (from: number, count: number): string =>
  `{ oneOf: [${Array.from({ length: count }, (_, i) => from + i).join(', ')}] }`;

/** 50 variants, and 100 + `addresses` values: in each variant each of them is tried, and once their first ones; not what nothing names. */
const tried = (addresses: number, client = '${a}'): string =>
  withLine(
    4,
    `variables: { count: ${oneOf(1, 100)}, host: ${oneOf(10, addresses)}, unused: ${oneOf(1, 100)} }
variants: [${Array.from({ length: 50 }, (_, i) => `{ a: ${String(i + 1)} }`).join(', ')}]
ports: { client: '${client}', server: '\${count}' }
addresses: { client: '192.0.2.\${host}' }`,
  ).replace('${count} bytes', 'some bytes');

test.each([
  ['10,000 of ports and addresses are tried', tried(99), 'nothing is wrong'],
  [
    'more are too many',
    tried(100),
    'exercise.yaml:4:12: variables: expected fewer values: each of those that ports and addresses name is tried in each variant, at most 10000 in all',
  ],
  ['variants count only where ports or addresses name what they have', tried(100, '${count}'), 'nothing is wrong'],
])('%s', (_what, text, message) => {
  expect(messageOf(() => parseExercise(text))).toBe(message);
});

test.each<[what: string, text: string, message: string]>([
  ['empty', '', 'a.yaml:1:1: expected answers: student, answers'],
  ['no mapping', '- ack: 5', 'a.yaml:1:1: expected answers: student, answers'],
  [
    'unknown key',
    'name: bob\nanswers: { ack: 5 }',
    'a.yaml:1:1: name: expected one of the keys of answers: student, answers',
  ],
  [
    'no answers',
    'student: bob',
    'a.yaml:1:1: answers: expected answers: the id of a question and an answer each, and there is nothing',
  ],
  [
    'two of a key, one by an alias',
    'answers: { &k ack: 1, *k : 2 }',
    'a.yaml:1:23: expected each key once, and ack is there already',
  ],
  ['a list as a key', 'answers: { ? ["\\u202e"] : 1 }', 'a.yaml:1:14: expected a text or a number as a key'],
  [
    'a list as a key, by an alias',
    'student: &a [b]\nanswers: { *a : 1 }',
    'a.yaml:2:12: expected a text or a number as a key',
  ],
  ['two of a key', 'answers:\n  ack: 5\n  ack: 6', 'a.yaml:3:3: expected each key once, and ack is there already'],
  ['a key that no object keeps', 'answers: { __proto__: 5 }', 'a.yaml:1:12: expected another key than __proto__'],
])('answers: %s', (_what, text, message) => {
  expect(messageOf(() => parseAnswers(text, 'a.yaml'))).toBe(message);
});

test('keys without end are looked at once each', () => {
  const keys = Array.from({ length: 60_000 }, (_, i) => `a${i.toString(36)}:`).join('\n');
  expect(
    messageOf(() => parseExercise(keys, 'a.yaml'))
      .split('\n')
      .at(-1),
  ).toMatch(/^and \d+ problems more$/);
  const variables = keys.replaceAll(':', '-b: 1').replaceAll('\n', ', ');
  expect(messageOf(() => parseExercise(withLine(4, `variables: { ${variables} }`), 'a.yaml'))).toMatch(/^a\.yaml:4:/);
});

test('what is wrong in every step: no step is looked at once there is enough', () => {
  const step = `- observe: { is: 1, value: '\${${Array(100).fill('unknown').join(' + ')}}' }`;
  const text = [
    ...LINES.slice(0, LINES.findIndex((line) => line.startsWith('steps:')) + 1),
    ...Array<string>(900).fill(`  ${step}`),
  ];
  const last = messageOf(() => parseExercise(text.join('\n'), 'a.yaml'))
    .split('\n')
    .at(-1);
  expect(Number(/^and (\d+) problems more$/.exec(last ?? '')?.[1])).toBeLessThan(1000);
});

const LONG = 'x'.repeat(101);
test.each([
  ['an id', LINES.join('\n').replace('sample', LONG), '1:5: id: expected an id of at most 100 characters'],
  ['the name of a variable', withLine(4, `variables: { count: 5, ${LONG}: 1 }`), 'expected variables: a name'],
  [
    'the name of an option',
    withLine(7, `    kind: choice\n    right: a\n    options: { a: b, ${LONG}: b }`),
    'expected options: a name',
  ],
  [
    'options',
    withLine(
      7,
      `    kind: choice\n    right: a0\n    options: { ${Array.from({ length: 51 }, (_, i) => `a${String(i)}: b`).join(', ')} }`,
    ),
    'expected at most 50 options',
  ],
])('%s, or more than that', (_what, text, message) => {
  expect(messageOf(() => parseExercise(text, 'a.yaml'))).toContain(message);
});

test('a message is cut, and says so', () => {
  const message = messageOf(() => parseExercise(withLine(15, '') + `\n? ${'x'.repeat(100_000)}\n: 1`, 'a.yaml'));
  expect(message).toMatch(/… \(2000\/\d+\)/);
  expect(message.length).toBeLessThan(3000);
});

describe('what is no YAML is told in our words, at its place', () => {
  test.each([
    [
      'a: 1\n---\nb: 2',
      '2:1: expected YAML: a second document begins here: leave out what stands from this line (---) on',
    ],
    ['a: "one', '1:8: expected YAML: a text in quotes has no end'],
    ["a: 'one", '1:8: expected YAML: a text in quotes has no end'],
    ['a: ["1" "2"]', '1:9: expected YAML: a comma is missing between the entries in { } or [ ]'],
    ['[1, 2', '1:6: expected YAML: a { or [ has no } or ] behind it that is indented further than what it stands in'],
    [
      'a: b: c',
      '1:4: expected YAML: a second key on one line: a text with ": " in it needs quotes (see how far this line and the one before are indented)',
    ],
    ['a: @b', '1:4: expected YAML: a text that begins with such a sign needs quotes'],
    ['a: "\\q"', '1:5: expected YAML: in "…" a backslash is written twice, or use \'…\''],
    [
      'a: 1\nb',
      '2:1: expected YAML: a key has no colon behind it (see how far this line and the one before are indented)',
    ],
    ['a: "b"#c', '1:7: expected YAML: a comment (#) needs a blank in front of it'],
    ['a: ]', '1:4: expected YAML: what begins here does not belong here'],
    ['%YAML', '1:1: expected YAML: this is no directive (%)'],
    ['a: &b &c d', '1:7: expected YAML: one anchor (&) is enough'],
    ['a: !b !c d', '1:7: expected YAML: one tag (!) is enough'],
  ])('%j', (text, message) => {
    expect(messageOf(() => parseAnswers(text))).toBe(`answers.yaml:${message}`);
  });

  test('whatever is broken in it', () => {
    const pieces = fc.constantFrom(
      ...[
        'a',
        ':',
        ' ',
        '\n',
        '-',
        '{',
        '}',
        '[',
        ']',
        ',',
        '"',
        "'",
        '#',
        '&',
        '*',
        '!',
        '|',
        '>',
        '%',
        '@',
        '?',
        '\t',
        '---',
        '\\',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const said = messageOf(() => parseAnswers(text));
        const own = parseDocument(text, { prettyErrors: false, logLevel: 'error', uniqueKeys: false }).errors;
        expect(own.filter(({ message }) => said.includes(message))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
