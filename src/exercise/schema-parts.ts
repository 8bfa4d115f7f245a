/** The pieces of the exercises' schema; each says in words what was expected. */
import { z } from 'zod';
import type { Text } from '../error.js';

/** A mapping of known keys; of an unknown one it is said which are known. */
export const mapping = <Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `expected one of the keys of ${what}: ${Object.keys(shape).join(', ')}`
        : `expected ${what}: ${Object.keys(shape).join(', ')}`,
  });

/** A mapping of names that are the author's own, of so many at most. */
export const atMost = <Schema extends z.ZodType<Readonly<Record<string, unknown>>>>(
  most: number,
  what: string,
  schema: Schema,
) => schema.refine((found) => Object.keys(found).length <= most, { error: `expected at most ${String(most)} ${what}` });

export const words = (expected = 'text') => z.string({ error: `expected ${expected}` });

/** Of a text for people; the line break that a block of YAML ends with is none of it. */
const prose = z.string().transform((text) => text.trimEnd());

/** A text for people: the same in both languages, or one each. */
export const bilingual = z
  .union([prose, z.strictObject({ en: prose, zh: prose })], { error: 'expected text, or { en, zh }' })
  .transform((text): Text => (typeof text === 'string' ? { en: text, zh: text } : text));

/** Every column that names stand in is as wide as the longest of them. */
export const LONGEST_NAME = 100;

/** An identifier, for it stands in expressions. */
export const name = (what: string) =>
  z
    .string({ error: `expected the name of ${what}` })
    .max(LONGEST_NAME, { error: `expected the name of ${what}, of at most ${String(LONGEST_NAME)} characters` })
    .regex(/^[A-Za-z_]\w*$/, { error: `expected the name of ${what}: letters, digits and _, no digit first` });

export const host = z.enum(['client', 'server'], { error: 'expected client or server' });

/** A whole number, or an expression that gives one. */
export function number(what = 'a whole number', { min = 0, max = 0xffff_ffff } = {}) {
  const error = `expected ${what} from ${String(min)} to ${String(max)}, or an expression \${…}`;
  // Nothing but an expression, so that it stays a number.
  return z.union(
    [z.int({ error }).min(min, { error }).max(max, { error }), z.string().regex(/^\$\{[^}]*\}$/, { error })],
    { error },
  );
}

export const port = number('a port', { min: 1, max: 65_535 });

const LONGEST_MS = 10_000;

/** Milliseconds: `200ms`, `1s`, up to 10 s. */
export const duration = z
  .string({ error: 'expected a time: 200ms or 1s' })
  .regex(/^\d+(\.\d+)?(ms|s)$/, { error: 'expected a time: 200ms or 1s' })
  .transform((text) => Number.parseFloat(text) * (text.endsWith('ms') ? 1 : 1000))
  .refine((ms) => ms <= LONGEST_MS, { error: 'expected a time of at most 10s' });

export const flags = z
  .string({ error: 'expected TCP flags: letters out of F S R P . U E W A' })
  .regex(/^[FSRP.UEWA]+$/, { error: 'expected TCP flags: letters out of F S R P . U E W A' });

export const yes = z.boolean({ error: 'expected true or false' });
