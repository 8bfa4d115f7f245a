/** The cases of an exercise: each family and variant, with the values that this student has. */
import { createHash } from 'node:crypto';
import { randomStream } from '../driver/random.js';
import type { Text } from '../error.js';
import { fill, type Value } from './expression.js';
import type { Exercise } from './schema.js';

export interface Case {
  readonly name: string;
  readonly family: 4 | 6;
  readonly values: Readonly<Record<string, Value>>;
  /** The initial sequence numbers of what is made by hand. */
  readonly iss: Readonly<Record<'client' | 'server', number>>;
}

/** The values of the variables that do not change with the variant: what an exercise's text may name. */
export function variablesFor(exercise: Exercise, student = ''): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    Object.entries(exercise.variables).map(([name, variable]) => {
      if (typeof variable !== 'object') return [name, variable];
      const random = randomFor(exercise, student, name);
      if ('oneOf' in variable) return [name, variable.oneOf[Math.floor(random * variable.oneOf.length)] ?? 0];
      const [from, to] = variable.random;
      return [name, from + Math.floor(random * (to - from + 1))];
    }),
  );
}

export function casesFor(exercise: Exercise, student = ''): readonly Case[] {
  const variables = variablesFor(exercise, student);
  const iss = { client: issFor(exercise, student, 'client'), server: issFor(exercise, student, 'server') };
  return exercise.family.flatMap((family) =>
    (exercise.variants ?? [{}]).map((row) => {
      const words = Object.entries(row).map(([name, value]) => `${name}=${String(value)}`);
      return { name: [`IPv${String(family)}`, ...words].join(', '), family, values: { ...variables, ...row }, iss };
    }),
  );
}

/** The initial sequence number of a host that is made by hand. */
const issFor = (exercise: Exercise, student: string, host: 'client' | 'server'): number =>
  Math.floor(randomFor(exercise, student, `${host}.iss`) * 2 ** 32);

/** A text for this student: its `${…}` replaced by the student's own values. */
export function textFor(exercise: Exercise, student: string | undefined, text: Text): Text {
  const values = variablesFor(exercise, student);
  const scope = (name: string): Value => {
    const [host, field] = name.split('.');
    if (host !== 'client' && host !== 'server') return values[name] ?? name;
    if (field === 'iss') return issFor(exercise, student ?? '', host);
    const port = exercise.ports[host];
    return typeof port === 'number' ? port : fill(port, scope);
  };
  return { en: String(fill(text.en, scope)), zh: String(fill(text.zh, scope)) };
}

/** In [0, 1): always the same for a student, and another for each student. */
const randomFor = ({ id }: Exercise, student: string, name: string): number =>
  randomStream(createHash('sha256').update([id, student, name].join('\0')).digest().readUInt32BE(0))();
