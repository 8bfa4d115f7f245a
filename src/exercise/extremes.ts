/** What an exercise's ports and addresses can become: tried at the ends of its variables, what holds there holds for every student. */
import { about, type Text } from '../error.js';
import { throwIfInterrupted } from '../lab/until.js';
import { ADDRESS_RANGE, ADDRESSES, labAddress } from '../lab/addresses.js';
import { addressesFor } from './cases.js';
import { type fill, filling, MissingValue, namesIn, parseTemplate, type Value } from './expression.js';
import { expected } from './expected.js';
import type { Exercise } from './schema.js';
import type { Path } from './yaml-document.js';

export interface Excess {
  readonly path: Path;
  readonly message: Text;
}

/** Of each a port and an address of each host is made. */
const MOST_TRIED = 10_000;

/** What is out of bounds for some student; the first of its kind each. */
export function excesses(exercise: Exercise): readonly Excess[] {
  const found = new Map<string, Excess>();
  const fillText = filling();
  const ends = endsOf(exercise);
  const rows = distinctRows(exercise);
  if (rows.length * ends.reduce((sum, [, values]) => sum + values.length, 1) > MOST_TRIED) return [TOO_MANY];
  for (const values of extremeValues(ends, rows)) {
    throwIfInterrupted();
    try {
      for (const excess of [
        ...portExcesses(exercise, values, fillText),
        ...addressExcesses(exercise, values, fillText),
      ]) {
        const key = excess.path.join('.');
        if (!found.has(key)) found.set(key, excess);
      }
    } catch (error) {
      if (!(error instanceof MissingValue)) throw error;
      return [{ path: [], message: about(MAKEABLE, error.text) }];
    }
  }
  return [...found.values()];
}

type Values = Readonly<Record<string, Value>>;

function* portExcesses({ ports }: Exercise, values: Values, fillText: typeof fill): Iterable<Excess> {
  for (const host of ['client', 'server'] as const) {
    const port = typeof ports[host] === 'number' ? ports[host] : fillText(ports[host], (name) => values[name] ?? name);
    if (typeof port !== 'number' || port < 1 || port > 65_535)
      yield excess(['ports', host], { en: 'a port from 1 to 65535', zh: '1 到 65535 的端口' }, port);
  }
}

function* addressExcesses(exercise: Exercise, values: Values, fillText: typeof fill): Iterable<Excess> {
  const addresses = addressesFor(exercise, values, fillText);
  for (const host of ['client', 'server'] as const) {
    const given = exercise.addresses[host];
    for (const family of [4, 6] as const) {
      const text = addresses[host]?.[family];
      if (text === undefined) continue;
      const path = ['addresses', host, ...(typeof given === 'string' ? [] : [family])];
      if (labAddress(family, text) === undefined) yield excess(path, ADDRESS_RANGE[family], text);
      else if (host === 'server' && labAddress(family, text) === clientAddress(addresses, family))
        yield excess(path, { en: "another address than the client's", zh: '与客户端不同的地址' }, text);
    }
  }
}

const clientAddress = ({ client }: ReturnType<typeof addressesFor>, family: 4 | 6): string | undefined =>
  labAddress(family, client?.[family] ?? ADDRESSES.client[family]);

function excess(path: Path, { en, zh }: Text, found: Value): Excess {
  const value = JSON.stringify(found);
  const message = expected(
    `${en}, whatever the student's values are: it can be ${value}`,
    `${zh}，不论学生的数值如何：它可能是 ${value}`,
  );
  return { path, message };
}

const MAKEABLE = expected('ports and addresses that can be made', '可以得出的端口和地址');

const TOO_MANY: Excess = {
  path: ['variables'],
  message: expected(
    `fewer values: each of those that ports and addresses name is tried in each variant, at most ${String(MOST_TRIED)} in all`,
    `更少的值：端口和地址所用的每个值都要在每个变体中试验，总共最多 ${String(MOST_TRIED)} 次`,
  ),
};

type Ends = readonly (readonly [name: string, values: readonly Value[]])[];

/** Of each variable that is used: the only value, each to choose from, or the lowest and the highest. */
const endsOf = (exercise: Exercise): Ends => {
  const used = usedIn(exercise);
  return Object.entries(exercise.variables).flatMap(([name, variable]) => {
    if (!used.has(name)) return [];
    if (typeof variable !== 'object') return [[name, [variable]] as const];
    return [[name, [...new Set('oneOf' in variable ? variable.oneOf : variable.random)]] as const];
  });
};

/** The variants, of what is used: each once. */
function distinctRows(exercise: Exercise): readonly Values[] {
  const used = usedIn(exercise);
  const rows = (exercise.variants ?? [{}]).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => used.has(name))),
  );
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}

/** Each end of each variable, the others at their first; in each variant. */
function* extremeValues(ends: Ends, rows: readonly Values[]): Iterable<Values> {
  const first = Object.fromEntries(ends.map(([name, [value = 0]]) => [name, value]));
  for (const row of rows) {
    yield { ...first, ...row };
    for (const [name, values] of ends) for (const value of values) yield { ...first, [name]: value, ...row };
  }
}

const usedIn = ({ ports, addresses }: Exercise): ReadonlySet<string> =>
  new Set(textsIn([ports, addresses]).flatMap(namesOf));

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
