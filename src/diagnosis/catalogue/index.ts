/** All findings that there are: when each holds, how sure it can be, what to do, and where it is laid down. docs/diagnosis.md is made of it. */
import type { FindingId } from '../finding.js';
import { ADDRESSED, CRAFTED, OF_SOCKETS } from './by-hand.js';
import { COURSE } from './course.js';
import type { CatalogueEntry } from './entry.js';
import { OF_FILTER } from './filter.js';
import { WATCHED } from './watched.js';

/**
 * @example
 * for (const { id, advice } of diagnose(recording)) console.log(id, advice ?? CATALOGUE[id].todo.en);
 */
export const CATALOGUE: Readonly<Record<FindingId, CatalogueEntry>> = {
  ...COURSE,
  ...CRAFTED,
  ...ADDRESSED,
  ...OF_SOCKETS,
  ...WATCHED,
  ...OF_FILTER,
};
