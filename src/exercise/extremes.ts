/** What an exercise's ports and addresses can become: tried at the ends of its variables, what holds there holds for every student. */
import { ADDRESS_RANGE, ADDRESSES, labAddress } from '../lab/addresses.js';
import { addressVersion } from '../wire/index.js';
import { addressesFor } from './cases.js';
import { fill, MissingValue, namesIn, parseTemplate, type Value } from './expression.js';
import type { Exercise } from './schema.js';
import type { Path } from './yaml-document.js';

export interface Excess {
  readonly path: Path;
  readonly message: string;
}

/** What is out of bounds for some student; the first of its kind each. */
export function excesses(exercise: Exercise): readonly Excess[] {
  const found = new Map<string, Excess>();
  for (const values of extremeValues(exercise)) {
    try {
      for (const excess of [...portExcesses(exercise, values), ...addressExcesses(exercise, values)]) {
        const key = excess.path.join('.');
        if (!found.has(key)) found.set(key, excess);
      }
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      return [{ path: [], message: `expected ports and addresses that can be made: ${error.text.en}` }];
    }
  }
  return [...found.values()];
}

type Values = Readonly<Record<string, Value>>;

function* portExcesses({ ports }: Exercise, values: Values): Iterable<Excess> {
  for (const host of ['client', 'server'] as const) {
    const port = typeof ports[host] === 'number' ? ports[host] : fill(ports[host], (name) => values[name] ?? name);
    if (typeof port !== 'number' || port < 1 || port > 65_535)
      yield excess(['ports', host], 'a port from 1 to 65535', port);
  }
}

function* addressExcesses(exercise: Exercise, values: Values): Iterable<Excess> {
  const addresses = addressesFor(exercise, values);
  for (const host of ['client', 'server'] as const) {
    const given = exercise.addresses[host];
    for (const family of [4, 6] as const) {
      const text = addresses[host]?.[family];
      if (text === undefined) continue;
      const path = ['addresses', host, ...(typeof given === 'string' ? [] : [family])];
      if (addressVersion(text) !== family || labAddress(family, text) === undefined)
        yield excess(path, ADDRESS_RANGE[family], text);
      else if (host === 'server' && labAddress(family, text) === clientAddress(addresses, family))
        yield excess(path, "another address than the client's", text);
    }
  }
}

const clientAddress = ({ client }: ReturnType<typeof addressesFor>, family: 4 | 6): string | undefined =>
  labAddress(family, client?.[family] ?? ADDRESSES.client[family]);

const excess = (path: Path, wanted: string, found: Value): Excess => ({
  path,
  message: `expected ${wanted}, whatever the student's values are: it can be ${JSON.stringify(found)}`,
});

/** Each end of each variable, the others at their first; in each variant. */
function extremeValues({ variables, variants = [{}], ports, addresses }: Exercise): readonly Values[] {
  const used = new Set(textsIn([ports, addresses]).flatMap(namesOf));
  const ends = Object.entries(variables).map(([name, variable]) => {
    if (!used.has(name)) return [name, []] as const;
    if (typeof variable !== 'object') return [name, [variable]] as const;
    return [name, 'oneOf' in variable ? variable.oneOf : variable.random] as const;
  });
  const first = Object.fromEntries(ends.map(([name, [value = 0]]) => [name, value]));
  const sets = ends.flatMap(([name, values]) => values.map((value) => ({ ...first, [name]: value })));
  return [first, ...sets].flatMap((values) => variants.map((row) => ({ ...values, ...row })));
}

const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];

function namesOf(text: string): readonly string[] {
  const template = parseTemplate(text);
  return template.ok ? namesIn(template.value).map(({ name }) => name) : [];
}
