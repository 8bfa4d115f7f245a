/** The pieces of the exercises' schema; each says in words what was expected. */
import { z } from 'zod';
import { type Text, verbatim } from '../error.js';
import { expectedBy } from './expected.js';

/** A mapping of known keys; of an unknown one it is said which are known. */
export const mapping = <Shape extends z.core.$ZodLooseShape>(what: string | Text, shape: Shape) => {
  const { en, zh } = typeof what === 'string' ? verbatim(what) : what;
  return z.strictObject(shape, {
    error(issue) {
      const keys = Object.keys(shape);
      return issue.code === 'unrecognized_keys'
        ? expectedBy(`one of the keys of ${en}: ${keys.join(', ')}`, `${zh} 的键之一：${keys.join('、')}`)
        : expectedBy(`${en}: ${keys.join(', ')}`, `${zh}：${keys.join('、')}`);
    },
  });
};

/** A mapping of names that are the author's own, of so many at most. */
export const atMost = <Schema extends z.ZodType<Readonly<Record<string, unknown>>>>(
  most: number,
  { en, zh }: Text,
  schema: Schema,
) =>
  schema.refine((found) => Object.keys(found).length <= most, {
    error: expectedBy(`at most ${String(most)} ${en}`, `不超过 ${String(most)} 个${zh}`),
  });

export const words = (en = 'text', zh = '文字') => z.string({ error: expectedBy(en, zh) });

/** Of a text for people; the line break that a block of YAML ends with is none of it. */
const prose = z.string().transform((text) => text.trimEnd());

/** A text for people: the same in both languages, or one each. */
export const bilingual = z
  .union([prose, z.strictObject({ en: prose, zh: prose })], {
    error: expectedBy('text, or { en, zh }', '文字，或 { en, zh }'),
  })
  .transform((text): Text => (typeof text === 'string' ? { en: text, zh: text } : text));

/** Every column that names stand in is as wide as the longest of them. */
export const LONGEST_NAME = 100;

/** An identifier, for it stands in expressions. */
export const name = (en: string, zh: string) =>
  z
    .string({ error: expectedBy(`the name of ${en}`, `${zh}的名字`) })
    .max(LONGEST_NAME, {
      error: expectedBy(
        `the name of ${en}, of at most ${String(LONGEST_NAME)} characters`,
        `${zh}的名字，不超过 ${String(LONGEST_NAME)} 个字符`,
      ),
    })
    .regex(/^[A-Za-z_]\w*$/, {
      error: expectedBy(
        `the name of ${en}: letters, digits and _, no digit first`,
        `${zh}的名字：字母、数字和 _，不以数字开头`,
      ),
    });

export const host = z.enum(['client', 'server'], { error: expectedBy('client or server', 'client 或 server') });

/** A whole number, or an expression that gives one. */
export function number(en: string, zh: string, { min = 0, max = 0xffff_ffff } = {}) {
  const [from, to] = [String(min), String(max)];
  const error = expectedBy(
    `${en} from ${from} to ${to}, or an expression \${…}`,
    `${zh}（${from} 到 ${to}），或表达式 \${…}`,
  );
  // Nothing but an expression, so that it stays a number.
  return z.union(
    [z.int({ error }).min(min, { error }).max(max, { error }), z.string().regex(/^\$\{[^}]*\}$/, { error })],
    { error },
  );
}

export const port = number('a port', '端口', { min: 1, max: 65_535 });

const LONGEST_MS = 10_000;

/** Milliseconds: `200ms`, `1s`, up to 10 s. */
const TIME = expectedBy('a time: 200ms or 1s', '时间：200ms 或 1s');
export const duration = z
  .string({ error: TIME })
  .regex(/^\d+(\.\d+)?(ms|s)$/, { error: TIME })
  .transform((text) => Number.parseFloat(text) * (text.endsWith('ms') ? 1 : 1000))
  .refine((ms) => ms <= LONGEST_MS, { error: expectedBy('a time of at most 10s', '不超过 10s 的时间') });

const FLAGS = expectedBy('TCP flags: letters out of F S R P . U E W A', 'TCP 标志：F S R P . U E W A 中的字母');
export const flags = z.string({ error: FLAGS }).regex(/^[FSRP.UEWA]+$/, { error: FLAGS });

export const yes = z.boolean({ error: expectedBy('true or false', 'true 或 false') });
