/** What a filter did to the connection that was made behind it: no packet shows it, but its rules and their counters do. */
import { isMendedByRule } from '../../filter/judge-words.js';
import { certaintyOfFilter, OF_FILTER } from '../catalogue/filter.js';
import type { Connection, FilterFindingId, Fold } from '../finding.js';
import { ruleFor } from '../rule-for.js';

export const FILTER: Fold<Connection> = {
  begin: (connection) => connection,
  see: (connection) => connection,
  end({ subject: { handMade } }, { filter }) {
    if (handMade === undefined || filter === undefined) return [];
    return filter.findings.map(({ code, text }) => {
      const advice = isMendedByRule(code) ? ruleFor(handMade.flow) : undefined;
      const id: FilterFindingId = `filter-${code}`;
      return {
        ...{ id, certainty: certaintyOfFilter(code), ...handMade, meaning: text },
        ...(advice !== undefined && { advice }),
        ...{ source: OF_FILTER[id].source, at: [] },
      };
    });
  },
};
