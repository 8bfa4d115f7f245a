/** No remedy: the raw socket alone, against which all others are held. */
import type { Remedy } from './remedy.js';

export const none: Remedy = {
  id: 'none',
  title: { en: 'no filter', zh: '不加过滤器' },
  expected: 'reset-by-own-kernel',
  apply: () => undefined,
};
