/** Nothing came back. */
import type { Explanation } from '../explanation.js';

export const NO_ANSWER: Explanation = {
  certainty: () => 'seen',
  meaning: () => ({ en: 'NO ANSWER', zh: '没有应答' }),
  at: ({ own }) => [own?.syn],
};
