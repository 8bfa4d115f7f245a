/** Nothing came back that answers the SYN. */
import type { Explanation } from '../explanation.js';

export const NO_ANSWER: Explanation = {
  certainty: () => 'seen',
  meaning: ({ peer }) =>
    peer?.ack === undefined
      ? { en: 'NO ANSWER', zh: '没有应答' }
      : { en: 'NO SYN/ACK: an ACK alone came back', zh: '没有 SYN/ACK：只收到了 ACK' },
  at: ({ own }) => [own?.syn],
};
