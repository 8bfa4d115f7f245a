/** An ICMP error about what was in flight has ended it. */
import type { Explanation } from '../explanation.js';

export const ICMP_UNREACHABLE: Explanation = {
  certainty: () => 'seen',
  meaning: () => ({ en: 'UNREACHABLE, says ICMP', zh: 'ICMP 报告不可达' }),
  at: ({ own }) => [own?.syn],
};
