/** The other side has answered, and then reset it. */
import type { Explanation } from '../explanation.js';

export const RESET_BY_PEER: Explanation = {
  certainty: () => 'seen',
  meaning: () => ({ en: 'RESET by the other side', zh: '被对方复位 RESET' }),
  source: 'RFC 9293 §3.5.3',
  at: ({ peer }) => [peer?.syn, peer?.reset],
};
