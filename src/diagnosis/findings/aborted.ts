/** It was given up on this side before its end. */
import type { Explanation } from '../explanation.js';

export const ABORTED: Explanation = {
  certainty: () => 'seen',
  meaning: () => ({ en: 'ABORTED before the end', zh: '中途放弃' }),
  at: ({ own, peer }) => [own?.syn, peer?.syn],
};
