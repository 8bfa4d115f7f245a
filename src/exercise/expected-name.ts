/** Which names were expected where an unknown one stands. */
import type { Text } from '../error.js';
import { expected } from './expected.js';

/** Of those that are known, so many are said. */
const MOST_KNOWN = 50;

/** What was expected, and which are known. */
export function known(en: string, zh: string, names: Iterable<string>): Text {
  const all = [...names];
  if (all.length === 0) return expected(en, zh);
  const [more, moreZh] = all.length > MOST_KNOWN ? [', …', '……'] : ['', ''];
  const named = all.slice(0, MOST_KNOWN);
  return expected(`${en}; known: ${named.join(', ')}${more}`, `${zh}；已知的有：${named.join('、')}${moreZh}`);
}

export const fieldOf = (name: string, fields: readonly string[]): Text =>
  expected(`a field of ${name}: ${fields.join(', ')}`, `${name} 的字段：${fields.join('、')}`);

export const notKnownBefore = (name: string): Text =>
  expected(
    `a variable, or iss, port or address of client or server, not ${name}`,
    `变量，或 client、server 的 iss、port、address，而不是 ${name}`,
  );
