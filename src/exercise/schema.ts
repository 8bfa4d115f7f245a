/** The format of exercises. `exercises/exercise.schema.json` is made of it. */
import { z } from 'zod';
import { atMost, bilingual, duration, LONGEST_NAME, mapping, name, number, words, yes } from './schema-parts.js';
import { steps } from './step-schema.js';

/** Each student's values are tried at their ends, in each variant; and each variant is a lab of its own. */
const MOST_VALUES = 100;
const MOST_VARIABLES = 50;
const MOST_VARIANTS = 50;
const MOST_QUESTIONS = 100;
const MOST_OPTIONS = 50;

/** Points are rounded to hundredths, and their sum is to stay a number that people read. */
const LEAST_POINTS = 0.01;
const MOST_POINTS = 10_000;
const POINTS = `expected points from ${String(LEAST_POINTS)} to ${String(MOST_POINTS)}`;

const value = z.union([z.int(), z.string()], { error: 'expected a number or text' });

const variable = z.union(
  [
    value,
    z.strictObject({ random: z.tuple([z.int(), z.int()]) }),
    z.strictObject({ oneOf: z.array(value).min(1).max(MOST_VALUES) }),
  ],
  { error: `expected a number, text, { random: [from, to] } or { oneOf: [ … ] } of at most ${String(MOST_VALUES)}` },
);

/** What all kinds of questions have. */
const question = {
  id: name('a question'),
  ask: bilingual,
  points: z
    .number({ error: 'expected points, a number' })
    .min(LEAST_POINTS, { error: POINTS, abort: true })
    .max(MOST_POINTS, { error: POINTS, abort: true })
    .refine((points) => Math.round(points * 100) / 100 === points, {
      error: 'expected points with at most two digits behind the point',
    })
    .default(1),
  hint: bilingual.optional(),
};

const option = z
  .string()
  .max(LONGEST_NAME, { error: `expected the name of an option, of at most ${String(LONGEST_NAME)} characters` });

const options = atMost(
  MOST_OPTIONS,
  'options',
  z.record(option, bilingual, { error: 'expected options: a name and a text for each' }),
);

/** Of a variant. */
const values = atMost(MOST_VARIABLES, 'variables', z.record(name('a variable'), value));

const questionSchema = z.discriminatedUnion(
  'kind',
  [
    mapping('a number question', { ...question, kind: z.literal('number'), formula: yes.optional() }),
    mapping('a packet question', { ...question, kind: z.literal('packet') }),
    mapping('a rule question', { ...question, kind: z.literal('rule') }),
    mapping('a choice question', {
      ...question,
      kind: z.literal('choice'),
      options,
      right: words('the name of the right option'),
    }),
    mapping('a text question', {
      ...question,
      kind: z.literal('text'),
      matches: z
        .array(words('a regular expression'), { error: 'expected a list of regular expressions' })
        .min(1)
        .max(20, { error: 'expected at most 20 regular expressions' }),
    }),
    mapping('a prediction', {
      ...question,
      kind: z.literal('prediction'),
      options: options.optional(),
      is: name('an observation'),
    }),
  ],
  { error: 'expected a question with a kind: number, packet, rule, choice, text, prediction' },
);

const family = z.union([z.literal(4), z.literal(6)], { error: 'expected 4 or 6' });
const kind = z.enum(['raw', 'kernel'], { error: 'expected raw (made by hand) or kernel' });

/** Of a namespace's network alone: what else there is belongs to the whole machine. */
const settings = z.record(
  z.string().regex(/^net\.ipv[46]\.[\w.]+$/, { error: 'expected a setting of the network: net.ipv4.…, net.ipv6.…' }),
  value,
  { error: 'expected settings: net.ipv4.tcp_syncookies: 0' },
);

const address = z.union([z.string(), z.strictObject({ 4: z.string().optional(), 6: z.string().optional() })], {
  error: "expected an address: 192.0.2.7, '192.0.2.${n}', or { 4: …, 6: … } for both families",
});

const probability = z.number({ error: 'expected a probability from 0 to 1' }).min(0).max(1);

export const exerciseSchema = mapping('an exercise', {
  id: z
    .string({ error: 'expected an id' })
    .max(LONGEST_NAME, { error: `expected an id of at most ${String(LONGEST_NAME)} characters` })
    .regex(/^[a-z0-9][a-z0-9-]*$/, { error: 'expected an id: small letters, digits and -' }),
  title: bilingual,
  text: bilingual,
  family: z
    .union([family, z.array(family).min(1).max(2)], { error: 'expected 4, 6 or [4, 6]' })
    .default(4)
    .transform((found) => (Array.isArray(found) ? found : [found])),
  hosts: mapping('hosts', { client: kind.default('raw'), server: kind.default('kernel') }).default({
    client: 'raw',
    server: 'kernel',
  }),
  remedy: z
    .enum(['none', 'iptables', 'nft', 'owner', 'input', 'ingress', 'spare-address', 'adopt', 'dummy-bind'], {
      error: 'expected a remedy: none, iptables, nft, owner, input, ingress, spare-address, adopt, dummy-bind',
    })
    .default('none'),
  addresses: mapping('addresses', { client: address.optional(), server: address.optional() }).default({}),
  ports: mapping('ports', {
    client: number('a port', { min: 1, max: 65_535 }).default(41_000),
    server: number('a port', { min: 1, max: 65_535 }).default(8888),
  }).default({ client: 41_000, server: 8888 }),
  link: mapping('link', {
    relay: yes.optional(),
    loss: probability.optional(),
    duplication: probability.optional(),
    delay: duration.optional(),
    seed: number('a seed').optional(),
  }).default({}),
  sysctls: mapping('sysctls', { client: settings.optional(), server: settings.optional() }).default({}),
  variables: atMost(
    MOST_VARIABLES,
    'variables',
    z.record(name('a variable'), variable, { error: 'expected variables: a name and a value for each' }),
  ).default({}),
  variants: z
    .array(values, { error: 'expected a list of variants' })
    .min(1, { error: 'expected at least one variant' })
    .max(MOST_VARIANTS, { error: `expected at most ${String(MOST_VARIANTS)} variants` })
    .optional(),
  variantsPerStudent: z
    .int({ error: 'expected how many of the variants each student gets' })
    .min(1, { error: 'expected how many of the variants each student gets, at least 1' })
    .optional(),
  questions: z
    .array(questionSchema, { error: 'expected a list of questions' })
    .max(MOST_QUESTIONS, { error: `expected at most ${String(MOST_QUESTIONS)} questions` })
    .default([]),
  steps,
});

export type Exercise = z.output<typeof exerciseSchema>;
export type Question = Exercise['questions'][number];
