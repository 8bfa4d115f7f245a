/** The SYN was answered, and the answer never acknowledged: the handshake stops at its second packet. */
import type { Explanation } from '../explanation.js';

export const HALF_OPEN: Explanation = {
  certainty: () => 'seen',
  meaning: () => ({
    en: 'HALF-OPEN: the SYN/ACK was not acknowledged',
    zh: '半开 HALF-OPEN：SYN/ACK 没有得到确认',
  }),
  at: ({ own, peer }) => [own?.syn, peer?.syn],
};
