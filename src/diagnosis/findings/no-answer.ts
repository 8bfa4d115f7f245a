/** Nothing came back. */
import type { Explanation } from '../explanation.js';

export const NO_ANSWER: Explanation = {
  certainty: () => 'seen',
  meaning: () => ({ en: 'NO ANSWER', zh: '没有应答' }),
  source: 'RFC 9293 §3.8.3',
  at: ({ own }) => [own?.syn],
};
