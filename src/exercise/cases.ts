/** The cases of an exercise: each family and variant, with the values that this student has. */
import { createHash } from 'node:crypto';
import { randomStream } from '../driver/random.js';
import type { Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { ADDRESSES, type HostAddresses, SPARE } from '../lab/addresses.js';
import { addressVersion } from '../wire/index.js';
import { fill, type Value } from './expression.js';
import { kept } from './kept.js';
import { ofExercise } from './problem.js';
import type { Exercise } from './schema.js';

type Values = Readonly<Record<string, Value>>;

export interface Case {
  readonly name: string;
  readonly family: 4 | 6;
  readonly values: Values;
  /** The initial sequence numbers of what is made by hand. */
  readonly iss: Readonly<Record<EndName, number>>;
  readonly addresses: HostAddresses;
  /** What the link's faults start from, where the exercise does not say. */
  readonly linkSeed: number;
}

/** The values that are the same in all of a student's cases: what an exercise's text may name. */
export function knownValues(exercise: Exercise, student = ''): Values {
  const [only = {}, ...others] = variantsFor(exercise, student);
  return { ...variablesFor(exercise, student), ...(others.length === 0 && only) };
}

/** Whether `knownValues` has the values of the variants. */
export const hasOneVariant = ({ variants = [{}], variantsPerStudent = variants.length }: Exercise): boolean =>
  Math.min(variants.length, variantsPerStudent) === 1;

/** The student's own variants, in the order in which they are written. */
function variantsFor(exercise: Exercise, student: string): readonly Values[] {
  const { variants = [{}], variantsPerStudent = variants.length } = exercise;
  const lots = variants.map((_, i) => randomFor(exercise, student, `variant ${String(i)}`));
  const highest = [...lots].sort((a, b) => a - b)[variantsPerStudent - 1] ?? 1;
  return variants.filter((_, i) => (lots[i] ?? 1) <= highest);
}

function variablesFor(exercise: Exercise, student: string): Values {
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
    variantsFor(exercise, student).map((row) => {
      const words = Object.entries(row).map(([name, value]) => `${name}=${String(value)}`);
      const values = { ...variables, ...row };
      const name = [`IPv${String(family)}`, ...words].join(', ');
      const linkSeed = Math.floor(randomFor(exercise, student, `link, ${name}`) * 2 ** 32);
      return { name: kept(name), family, values, iss, addresses: addressesFor(exercise, values), linkSeed };
    }),
  );
}

/** The hosts' addresses, where the exercise gives them; a text alone is of the family that it belongs to. */
export function addressesFor({ addresses }: Exercise, values: Values, fillText = fill): HostAddresses {
  const filled = (text: string): string => String(fillText(text, (name) => values[name] ?? name));
  const of = (host: EndName): { readonly 4?: string; readonly 6?: string } => {
    const given = addresses[host] ?? {};
    if (typeof given !== 'string')
      return {
        ...(given[4] !== undefined && { 4: filled(given[4]) }),
        ...(given[6] !== undefined && { 6: filled(given[6]) }),
      };
    const text = filled(given);
    return { [addressVersion(text) ?? 4]: text };
  };
  return { client: of('client'), server: of('server') };
}

/** The address that a host's packets come from in the first of the exercise's families. */
function addressIn(exercise: Exercise, host: EndName, values: Values): string {
  const family = exercise.family[0] ?? 4;
  if (exercise.remedy === 'spare-address' && exercise.hosts[host] === 'raw') return SPARE[family];
  return addressesFor(exercise, values)[host]?.[family] ?? ADDRESSES[host][family];
}

/** The initial sequence number of a host that is made by hand. */
const issFor = (exercise: Exercise, student: string, host: EndName): number =>
  Math.floor(randomFor(exercise, student, `${host}.iss`) * 2 ** 32);

/** A text for this student: its `${…}` replaced by the student's own values. */
export function textFor(exercise: Exercise, student: string | undefined, text: Text): Text {
  const values = knownValues(exercise, student);
  const scope = (name: string): Value => {
    const [host, field] = name.split('.');
    if (host !== 'client' && host !== 'server') return values[name] ?? name;
    if (field === 'iss') return issFor(exercise, student ?? '', host);
    if (field === 'address') return addressIn(exercise, host, values);
    const port = exercise.ports[host];
    return typeof port === 'number' ? port : fill(port, scope);
  };
  return ofExercise('text', () => ({ en: String(fill(text.en, scope)), zh: String(fill(text.zh, scope)) }));
}

/** In [0, 1): always the same for a student, and another for each student. */
const randomFor = ({ id }: Exercise, student: string, name: string): number =>
  randomStream(createHash('sha256').update([id, student, name].join('\0')).digest().readUInt32BE(0))();
