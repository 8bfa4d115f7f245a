/** The steps of an exercise: each a mapping with one action, and what it may say besides. */
import { z } from 'zod';
import type { Text } from '../error.js';
import { bilingual, duration, flags, host, mapping, name, number, port, words, yes } from './schema-parts.js';

/** Which connection is meant, where it is not the exercise's own. */
const connection = { clientPort: port.optional(), serverPort: port.optional(), self: yes.optional() };

const packet = words("a packet in packetdrill's notation: S 0:0(0) win 64240 <mss 1460>");
const within = duration.optional();
const as = name('a value').optional();
const side = z.enum(['rawshake', 'kernel'], { error: 'expected rawshake (made by hand) or kernel' });

const STATES = [
  ...['none', 'LISTEN', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'CLOSING', 'TIME_WAIT'],
  ...['CLOSE_WAIT', 'LAST_ACK', 'CLOSE'],
] as const;
const state = z.enum(STATES, { error: `expected a state: ${STATES.join(', ')}` });

/** `for: none`: a check of the exercise's own. */
export const OWN = 'none';

const EVENTS = [
  ...['tcp_send_reset', 'tcp_receive_reset', 'kfree_skb', 'inet_sock_set_state', 'tcp_bad_csum'],
  ...['tcp_retransmit_skb', 'tcp_retransmit_synack'],
] as const;

const value = z.union([z.int(), z.string()], { error: 'expected a number or text' });

/** Of one packet that nobody answers. */
export const MOST_RETRANSMITS = 100;

export const ACTIONS = {
  send: mapping('send', {
    from: host,
    packet,
    payload: words('the text that the packet carries').optional(),
    badChecksum: yes.optional(),
    retransmit: mapping('retransmit', {
      every: duration,
      times: number('a count', { min: 1, max: MOST_RETRANSMITS }),
    }).optional(),
    ...connection,
  }),
  expect: mapping('expect', { at: host, packet, within, skip: yes.optional(), as, ...connection }),
  silence: mapping('silence', { at: host, for: duration, ...connection }),
  seen: mapping('seen', { from: host, packet, sender: side.optional(), within, as, ...connection }),
  state: mapping('state', { client: state.optional(), server: state.optional(), within, ...connection }),
  event: mapping('event', {
    at: host,
    event: z.enum(EVENTS, { error: `expected an event: ${EVENTS.join(', ')}` }),
    reason: words("the kernel's word: NO_SOCKET").optional(),
    within,
  }),
  observe: mapping('observe', {
    next: host.optional(),
    state: host.optional(),
    connect: host.optional(),
    unread: host.optional(),
    packets: mapping('packets', { from: host, flags: flags.optional(), sender: side.optional() }).optional(),
    sockets: mapping('sockets', { at: host, state }).optional(),
    value: words("an expression: '${synack.ack - client.iss}'").optional(),
    counter: mapping('counter', { at: host, name: words('a counter by its name in nstat') }).optional(),
    is: value.optional(),
    as,
    within,
    ...connection,
  }),
  listen: mapping('listen', {
    at: host,
    port: port.optional(),
    backlog: number('a backlog', { min: 0, max: 4096 }).optional(),
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
    seq: number('the next sequence number to send, counted from the SYN'),
    ack: number('the next sequence number to receive, counted from the SYN'),
    ...connection,
  }),
  filter: z.union([z.enum(['on', 'off']), z.strictObject({ at: host, rule: z.string() })], {
    error: 'expected on, off, or { at, rule }',
  }),
  hold: mapping('hold', { from: host.optional(), flags: flags.optional(), times: number('a count').optional() }),
  held: mapping('held', { count: number('a count'), within }),
  drop: mapping('drop', { from: host.optional(), flags: flags.optional(), times: number('a count').optional() }),
  release: z.literal('all', { error: 'expected all' }),
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
    times: number('a count', { min: 1, max: MOST_TIMES }),
    as: name('a counter').optional(),
    get steps() {
      return steps;
    },
  }).optional(),
  for: name('a question').optional(),
  label: bilingual.optional(),
};

const step = mapping('a step', shape).superRefine((found, context) => {
  const actions = ACTION_NAMES.filter((action) => Object.hasOwn(found, action));
  if (actions.length === 1) return;
  const which = actions.length === 0 ? 'none' : actions.join(' and ');
  context.addIssue({ code: 'custom', message: `expected one action in a step, found ${which}` });
}) as z.ZodType<Step>; // `shape` is put together at run time, and `Step` says what comes of it

export const steps: z.ZodType<readonly Step[]> = z.array(step, { error: 'expected a list of steps' });
