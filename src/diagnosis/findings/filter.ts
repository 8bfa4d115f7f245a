/** What a filter did to the connection that was made behind it: no packet shows it, but its rules and their counters do. */
import { isMendedByRule, type FindingCode } from '../../filter/judge-words.js';
import type { Certainty, Connection, Fold } from '../finding.js';
import { ruleFor } from '../rule-for.js';

export const FILTER: Fold<Connection> = {
  begin: (connection) => connection,
  see: (connection) => connection,
  end({ subject: { handMade } }, { filter }) {
    if (handMade === undefined || filter === undefined) return [];
    return filter.findings.map(({ code, text }) => {
      const advice = isMendedByRule(code) ? ruleFor(handMade.flow) : undefined;
      return {
        ...{ id: `filter-${code}`, certainty: certaintyOf(code), ...handMade, meaning: text },
        ...(advice !== undefined && { advice }),
        ...{ source: SOURCE, at: [] },
      };
    });
  },
};

const SOURCE = 'iptables-extensions(8), nft(8)';

/** Told from what a rule says, whether or not anything came by which it could be seen. */
const BY_WORD_OF_RULE: readonly FindingCode[] = ['too-wide', 'own-resets-dropped', 'after-conntrack'];

/** The kernel's own counters prove the rest. */
const certaintyOf = (code: FindingCode): Certainty => (BY_WORD_OF_RULE.includes(code) ? 'likely' : 'proven');
