/** The steps of an exercise: each a mapping with one action, and what it may say besides. */
import { z } from 'zod';
import { FINDING_IDS } from '../diagnosis/finding.js';
import type { Text } from '../error.js';
import { expectedBy } from './expected.js';
import {
  atMost,
  bilingual,
  duration,
  flags,
  host,
  LONGEST_NAME,
  mapping,
  name,
  number,
  port,
  words,
  yes,
} from './schema-parts.js';

/** Which connection is meant, where it is not the exercise's own. */
const connection = { clientPort: port.optional(), serverPort: port.optional(), self: yes.optional() };

const packet = words(
  "a packet in packetdrill's notation: S 0:0(0) win 64240 <mss 1460>",
  'packetdrill 记法的报文：S 0:0(0) win 64240 <mss 1460>',
);
const within = duration.optional();
const as = name('a value', '值').optional();
const side = z.enum(['rawshake', 'kernel', 'program'], {
  error: expectedBy(
    'rawshake (made by hand), kernel, or program (that a run: has started)',
    'rawshake（手工实现）、kernel 或 program（由 run: 启动）',
  ),
});
const socket = z.enum(['raw', 'packet', 'tcp'], {
  error: expectedBy('raw, packet (AF_PACKET) or tcp', 'raw、packet（AF_PACKET）或 tcp'),
});

const STATES = [
  ...['none', 'LISTEN', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'CLOSING', 'TIME_WAIT'],
  ...['CLOSE_WAIT', 'LAST_ACK', 'CLOSE'],
] as const;
const state = z.enum(STATES, {
  error: expectedBy(`a state: ${STATES.join(', ')}`, `状态：${STATES.join('、')}`),
});

/** `for: none`: a check of the exercise's own. */
export const OWN = 'none';

const EVENTS = [
  ...['tcp_send_reset', 'tcp_receive_reset', 'kfree_skb', 'inet_sock_set_state', 'tcp_bad_csum'],
  ...['tcp_retransmit_skb', 'tcp_retransmit_synack'],
] as const;

const value = z.union([z.int(), z.string()], { error: expectedBy('a number or text', '数或文字') });

const findingId = z.enum(FINDING_IDS, {
  error: expectedBy(`the id of a finding: ${FINDING_IDS.join(', ')}`, `诊断结论的 id：${FINDING_IDS.join('、')}`),
});

/** Names and no paths: they lie where the program stands. */
const FILES = expectedBy(
  'files: a name (letters, digits, _ - and .) and a text for each',
  '文件：各有名字（字母、数字、_、- 和 .）和内容',
);
const fileName = z
  .string()
  .max(LONGEST_NAME)
  .regex(/^\w[\w.-]*$/);

const [MOST_WORDS, MOST_FILES] = [50, 10];
const COMMAND = expectedBy(
  `a program and its arguments, at most ${String(MOST_WORDS)}: [python3, client.py]`,
  `程序及其参数，不超过 ${String(MOST_WORDS)} 项：[python3, client.py]`,
);

/** Of one packet that nobody answers. */
export const MOST_RETRANSMITS = 100;

export const ACTIONS = {
  send: mapping('send', {
    from: host,
    packet,
    payload: words('the text that the packet carries', '报文携带的文字').optional(),
    badChecksum: yes.optional(),
    retransmit: mapping('retransmit', {
      every: duration,
      times: number('a count', '次数', { min: 1, max: MOST_RETRANSMITS }),
    }).optional(),
    ...connection,
  }),
  expect: mapping('expect', { at: host, packet, within, skip: yes.optional(), as, ...connection }),
  silence: mapping('silence', { at: host, for: duration, ...connection }),
  seen: mapping('seen', {
    from: host,
    packet,
    sender: side.optional(),
    socket: socket.optional(),
    within,
    as,
    ...connection,
  }),
  state: mapping('state', { client: state.optional(), server: state.optional(), within, ...connection }),
  event: mapping('event', {
    at: host,
    event: z.enum(EVENTS, { error: expectedBy(`an event: ${EVENTS.join(', ')}`, `事件：${EVENTS.join('、')}`) }),
    reason: words("the kernel's word: NO_SOCKET", '内核所用的词：NO_SOCKET').optional(),
    within,
  }),
  observe: mapping('observe', {
    next: host.optional(),
    state: host.optional(),
    connect: host.optional(),
    unread: host.optional(),
    packets: mapping('packets', { from: host, flags: flags.optional(), sender: side.optional() }).optional(),
    sockets: mapping('sockets', { at: host, state }).optional(),
    value: words("an expression: '${synack.ack - client.iss}'", "表达式：'${synack.ack - client.iss}'").optional(),
    counter: mapping('counter', {
      at: host,
      name: words('a counter by its name in nstat', 'nstat 中的计数器名'),
    }).optional(),
    is: value.optional(),
    as,
    within,
    ...connection,
  }),
  listen: mapping('listen', {
    at: host,
    port: port.optional(),
    backlog: number('a backlog', 'backlog', { min: 0, max: 4096 }).optional(),
    accept: yes.optional(),
  }),
  bind: mapping('bind', { at: host, port: port.optional() }),
  connect: mapping('connect', { at: host, ...connection }),
  accept: mapping('accept', { at: host, ...connection }),
  write: mapping('write', { at: host, text: words(), ...connection }),
  read: mapping('read', { at: host, text: words(), within, ...connection }),
  close: mapping('close', { at: host, ...connection }),
  adopt: mapping('adopt', {
    at: host,
    seq: number('the next sequence number to send, counted from the SYN', '下一个要发送的序列号，从 SYN 算起'),
    ack: number('the next sequence number to receive, counted from the SYN', '下一个要接收的序列号，从 SYN 算起'),
    ...connection,
  }),
  run: mapping('run', {
    at: host,
    command: z.array(words(), { error: COMMAND }).min(1, { error: COMMAND }).max(MOST_WORDS, { error: COMMAND }),
    files: atMost(MOST_FILES, { en: 'files', zh: '文件' }, z.record(fileName, words(), { error: FILES })).optional(),
    for: duration.optional(),
    memory: number('memory in MiB', '内存（MiB）', { min: 16, max: 4096 }).optional(),
    background: yes.optional(),
  }),
  finding: mapping('finding', {
    id: findingId,
    at: host.optional(),
    absent: yes.optional(),
    clientPort: port.optional(),
    serverPort: port.optional(),
  }),
  filter: z.union([z.enum(['on', 'off']), z.strictObject({ at: host, rule: z.string() })], {
    error: expectedBy('on, off, or { at, rule }', 'on、off 或 { at, rule }'),
  }),
  hold: mapping('hold', {
    from: host.optional(),
    flags: flags.optional(),
    times: number('a count', '次数').optional(),
  }),
  held: mapping('held', { count: number('a count', '次数'), within }),
  drop: mapping('drop', {
    from: host.optional(),
    flags: flags.optional(),
    times: number('a count', '次数').optional(),
  }),
  release: z.literal('all', { error: expectedBy('all', 'all') }),
} as const;

export type ActionName = keyof typeof ACTIONS | 'repeat';

/** What of each action an exercise says, after reading. */
export type Actions = { readonly [Name in keyof typeof ACTIONS]: z.output<(typeof ACTIONS)[Name]> } & {
  readonly repeat: {
    readonly times: number | string;
    readonly as?: string | undefined;
    readonly steps: readonly Step[];
  };
};

/** Exactly one action, which question's points it decides, and what is said before an objection that comes of it. */
export type Step = { readonly [Name in ActionName]?: Actions[Name] | undefined } & {
  readonly for?: string | undefined;
  readonly label?: Text | undefined;
};

export const ACTION_NAMES = [...Object.keys(ACTIONS), 'repeat'] as readonly ActionName[];

/** The action of a step. */
export const actionOf = (step: Step): ActionName =>
  ACTION_NAMES.find((action) => step[action] !== undefined) ?? 'repeat';

const optional = Object.fromEntries(Object.entries(ACTIONS).map(([key, schema]) => [key, schema.optional()]));

/** Of a `repeat`. */
export const MOST_TIMES = 1000;

const shape = {
  ...optional,
  repeat: mapping('repeat', {
    times: number('a count', '次数', { min: 1, max: MOST_TIMES }),
    as: name('a counter', '计数变量').optional(),
    get steps() {
      return steps;
    },
  }).optional(),
  for: name('a question', '问题').optional(),
  label: bilingual.optional(),
};

const step = mapping({ en: 'a step', zh: '步骤' }, shape).superRefine((found, context) => {
  const actions = ACTION_NAMES.filter((action) => Object.hasOwn(found, action));
  if (actions.length === 1) return;
  const [en, zh] =
    actions.length === 0 ? ['none', '一个也没有'] : [actions.join(' and '), `有 ${actions.join(' 和 ')}`];
  const message = expectedBy(`one action in a step, found ${en}`, `每步一个动作，而这里${zh}`);
  context.addIssue({ code: 'custom', message });
}) as z.ZodType<Step>; // `shape` is put together at run time, and `Step` says what comes of it

export const steps: z.ZodType<readonly Step[]> = z.array(step, { error: expectedBy('a list of steps', '步骤的列表') });
