/** How often a step is done: as the schema has it where that is written down; an answer may be in it. */
import { MissingValue } from '../expression.js';

/** @throws {MissingValue} */
export function countUpTo(most: number, times: number): number {
  if (times >= 1 && times <= most) return times;
  throw new MissingValue({
    en: `${String(times)} is no count from 1 to ${String(most)}`,
    zh: `${String(times)} 不是 1 ~ ${String(most)} 的次数`,
  });
}
