/** The format of exercises. `exercises/exercise.schema.json` is made of it. */
import { z } from 'zod';
import { expectedBy } from './expected.js';
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
const POINTS = expectedBy(
  `points from ${String(LEAST_POINTS)} to ${String(MOST_POINTS)}`,
  `${String(LEAST_POINTS)} 到 ${String(MOST_POINTS)} 的分数`,
);

const value = z.union([z.int(), z.string()], { error: expectedBy('a number or text', '数或文字') });

const variable = z.union(
  [
    value,
    z.strictObject({ random: z.tuple([z.int(), z.int()]) }),
    z.strictObject({ oneOf: z.array(value).min(1).max(MOST_VALUES) }),
  ],
  {
    error: expectedBy(
      `a number, text, { random: [from, to] } or { oneOf: [ … ] } of at most ${String(MOST_VALUES)}`,
      `数、文字、{ random: [从, 到] } 或不超过 ${String(MOST_VALUES)} 项的 { oneOf: [ … ] }`,
    ),
  },
);

/** What all kinds of questions have. */
const question = {
  id: name('a question', '问题'),
  ask: bilingual,
  points: z
    .number({ error: expectedBy('points, a number', '分数（数）') })
    .min(LEAST_POINTS, { error: POINTS, abort: true })
    .max(MOST_POINTS, { error: POINTS, abort: true })
    .refine((points) => Math.round(points * 100) / 100 === points, {
      error: expectedBy('points with at most two digits behind the point', '最多两位小数的分数'),
    })
    .default(1),
  hint: bilingual.optional(),
};

const option = z.string().max(LONGEST_NAME, {
  error: expectedBy(
    `the name of an option, of at most ${String(LONGEST_NAME)} characters`,
    `选项的名字，不超过 ${String(LONGEST_NAME)} 个字符`,
  ),
});

const options = atMost(
  MOST_OPTIONS,
  { en: 'options', zh: '选项' },
  z.record(option, bilingual, {
    error: expectedBy('options: a name and a text for each', '选项：各有名字和文字'),
  }),
);

const VARIABLES = { en: 'variables', zh: '变量' };

/** Of a variant. */
const values = atMost(MOST_VARIABLES, VARIABLES, z.record(name('a variable', '变量'), value));

const questionSchema = z.discriminatedUnion(
  'kind',
  [
    mapping(
      { en: 'a number question', zh: 'number 问题' },
      { ...question, kind: z.literal('number'), formula: yes.optional() },
    ),
    mapping({ en: 'a packet question', zh: 'packet 问题' }, { ...question, kind: z.literal('packet') }),
    mapping({ en: 'a rule question', zh: 'rule 问题' }, { ...question, kind: z.literal('rule') }),
    mapping({ en: 'a program question', zh: 'program 问题' }, { ...question, kind: z.literal('program') }),
    mapping(
      { en: 'a choice question', zh: 'choice 问题' },
      {
        ...question,
        kind: z.literal('choice'),
        options,
        right: words('the name of the right option', '正确选项的名字'),
      },
    ),
    mapping(
      { en: 'a text question', zh: 'text 问题' },
      {
        ...question,
        kind: z.literal('text'),
        matches: z
          .array(words('a regular expression', '正则表达式'), {
            error: expectedBy('a list of regular expressions', '正则表达式的列表'),
          })
          .min(1)
          .max(20, { error: expectedBy('at most 20 regular expressions', '不超过 20 个正则表达式') }),
      },
    ),
    mapping(
      { en: 'a prediction', zh: 'prediction 问题' },
      {
        ...question,
        kind: z.literal('prediction'),
        options: options.optional(),
        is: name('an observation', '观察结果'),
      },
    ),
  ],
  {
    error: expectedBy(
      'a question with a kind: number, packet, rule, program, choice, text, prediction',
      '带有 kind 的问题：number、packet、rule、program、choice、text、prediction',
    ),
  },
);

const family = z.union([z.literal(4), z.literal(6)], { error: expectedBy('4 or 6', '4 或 6') });
const kind = z.enum(['raw', 'kernel'], {
  error: expectedBy('raw (made by hand) or kernel', 'raw（手工实现）或 kernel'),
});

/** Of a namespace's network alone: what else there is belongs to the whole machine. */
const settings = z.record(
  z.string().regex(/^net\.ipv[46]\.[\w.]+$/, {
    error: expectedBy('a setting of the network: net.ipv4.…, net.ipv6.…', '网络设置：net.ipv4.…、net.ipv6.…'),
  }),
  value,
  { error: expectedBy('settings: net.ipv4.tcp_syncookies: 0', '设置：net.ipv4.tcp_syncookies: 0') },
);

const address = z.union([z.string(), z.strictObject({ 4: z.string().optional(), 6: z.string().optional() })], {
  error: expectedBy(
    "an address: 192.0.2.7, '192.0.2.${n}', or { 4: …, 6: … } for both families",
    "地址：192.0.2.7、'192.0.2.${n}'，或用于两个协议族的 { 4: …, 6: … }",
  ),
});

const PROBABILITY = expectedBy('a probability from 0 to 1', '0 到 1 的概率');
const probability = z.number({ error: PROBABILITY }).min(0, { error: PROBABILITY }).max(1, { error: PROBABILITY });

const REMEDIES = [
  ...(['none', 'iptables', 'nft', 'owner', 'input', 'ingress', 'spare-address', 'adopt', 'dummy-bind'] as const),
] as const;

export const exerciseSchema = mapping(
  { en: 'an exercise', zh: '练习' },
  {
    id: z
      .string({ error: expectedBy('an id', 'id') })
      .max(LONGEST_NAME, {
        error: expectedBy(
          `an id of at most ${String(LONGEST_NAME)} characters`,
          `不超过 ${String(LONGEST_NAME)} 个字符的 id`,
        ),
      })
      .regex(/^[a-z0-9][a-z0-9-]*$/, {
        error: expectedBy('an id: small letters, digits and -', 'id：小写字母、数字和 -'),
      }),
    title: bilingual,
    text: bilingual,
    family: z
      .union([family, z.array(family).min(1).max(2)], { error: expectedBy('4, 6 or [4, 6]', '4、6 或 [4, 6]') })
      .default(4)
      .transform((found) => (Array.isArray(found) ? found : [found])),
    hosts: mapping('hosts', { client: kind.default('raw'), server: kind.default('kernel') }).default({
      client: 'raw',
      server: 'kernel',
    }),
    remedy: z
      .enum(REMEDIES, {
        error: expectedBy(`a remedy: ${REMEDIES.join(', ')}`, `办法：${REMEDIES.join('、')}`),
      })
      .default('none'),
    addresses: mapping('addresses', { client: address.optional(), server: address.optional() }).default({}),
    ports: mapping('ports', {
      client: number('a port', '端口', { min: 1, max: 65_535 }).default(41_000),
      server: number('a port', '端口', { min: 1, max: 65_535 }).default(8888),
    }).default({ client: 41_000, server: 8888 }),
    link: mapping('link', {
      relay: yes.optional(),
      loss: probability.optional(),
      duplication: probability.optional(),
      delay: duration.optional(),
      seed: number('a seed', '种子').optional(),
    }).default({}),
    sysctls: mapping('sysctls', { client: settings.optional(), server: settings.optional() }).default({}),
    variables: atMost(
      MOST_VARIABLES,
      VARIABLES,
      z.record(name('a variable', '变量'), variable, {
        error: expectedBy('variables: a name and a value for each', '变量：各有名字和值'),
      }),
    ).default({}),
    variants: z
      .array(values, { error: expectedBy('a list of variants', '变体的列表') })
      .min(1, { error: expectedBy('at least one variant', '至少一个变体') })
      .max(MOST_VARIANTS, {
        error: expectedBy(`at most ${String(MOST_VARIANTS)} variants`, `不超过 ${String(MOST_VARIANTS)} 个变体`),
      })
      .optional(),
    variantsPerStudent: z
      .int({ error: expectedBy('how many of the variants each student gets', '每名学生得到的变体数') })
      .min(1, {
        error: expectedBy('how many of the variants each student gets, at least 1', '每名学生得到的变体数，至少为 1'),
      })
      .optional(),
    questions: z
      .array(questionSchema, { error: expectedBy('a list of questions', '问题的列表') })
      .max(MOST_QUESTIONS, {
        error: expectedBy(`at most ${String(MOST_QUESTIONS)} questions`, `不超过 ${String(MOST_QUESTIONS)} 个问题`),
      })
      .default([]),
    steps,
  },
);

export type Exercise = z.output<typeof exerciseSchema>;
export type Question = Exercise['questions'][number];
