/** The texts of an experiment: a file for each language, en.ts and zh.ts, and the two as one. */
import type { Text } from '../error.js';
import type { ExperimentText, JudgedClaim, Verdict } from '../evidence/experiment.js';
import type { ExpectedFact } from './experiment.js';

/**
 * What another language has to say where one says `Original`: texts of the same names, as many, made of the same values.
 *
 * @example
 * export const zh = { title: '…', steps: ['…', '…'] } satisfies Translation<typeof en>;
 */
export type Translation<Original> = Original extends string
  ? string
  : Original extends (values: infer Values) => infer Told
    ? (values: Values) => Translation<Told>
    : { readonly [Name in keyof Original]: Translation<Original[Name]> };

/** The same with each text in both languages. */
type Bilingual<Original> = Original extends string
  ? Text
  : Original extends (values: infer Values) => infer Told
    ? (values: Values) => Bilingual<Told>
    : { readonly [Name in keyof Original]: Bilingual<Original[Name]> };

/** Both languages as one: `bilingual({ title: 'a' }, { title: 'b' })` is `{ title: { en: 'a', zh: 'b' } }`. */
export const bilingual = <Original>(en: Original, zh: Translation<NoInfer<Original>>): Bilingual<Original> =>
  join(en as Told, zh) as Bilingual<Original>;

/** A list's names are its indices. */
type Told = string | ((values: unknown) => Told) | { readonly [name: string]: Told };

/** Both are of one shape: the compiler has seen to it. */
function join(en: Told, zh: Told): unknown {
  if (typeof en === 'string') return { en, zh };
  if (typeof en === 'function') return (values: unknown) => join(en(values), (zh as typeof en)(values));
  const joined = Object.entries(en).map(([name, told]) => [name, join(told, (zh as typeof en)[name] ?? '')] as const);
  return Array.isArray(en) ? joined.map(([, told]) => told) : Object.fromEntries(joined);
}

type Prose = Pick<ExperimentText, 'title' | 'claim' | 'steps' | 'explanation' | 'next'>;

/** What an experiment says as a whole. */
export const textOf = ({ title, claim, steps, explanation, next }: Prose): Prose => ({
  ...{ title, claim, steps, explanation, next },
});

/** Its facts: what each is, beside what is expected of it. */
export function factsOf<Name extends string>(
  { facts }: { readonly facts: Readonly<Record<Name, Text>> },
  expected: Readonly<Record<Name, ExpectedFact['expected']>>,
): Readonly<Record<Name, ExpectedFact>> {
  const names = Object.keys(expected) as Name[];
  const entries = names.map((name) => [name, { what: facts[name], expected: expected[name] }]);
  return Object.fromEntries(entries) as Record<Name, ExpectedFact>;
}

/** What is often said of it, judged. */
export const claimsOf = <Name extends string>(
  { claims }: { readonly claims: Readonly<Record<Name, Omit<JudgedClaim, 'verdict'>>> },
  verdicts: Readonly<Record<Name, Verdict>>,
): readonly JudgedClaim[] =>
  (Object.keys(verdicts) as Name[]).map((name) => {
    const { text, because } = claims[name];
    return { text, verdict: verdicts[name], because };
  });
