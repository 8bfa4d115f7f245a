/** It was given up on this side before its end. */
import type { Explanation } from '../explanation.js';

export const ABORTED: Explanation = {
  certainty: () => 'seen',
  meaning: ({ own }) =>
    own?.ack !== undefined && own.reset?.packet.sender === 'program'
      ? { en: 'ESTABLISHED, and then reset by the program itself', zh: '连接曾建立，随后被程序自己复位' }
      : { en: 'ABORTED before the end', zh: '中途放弃' },
  at: ({ own, peer }) => [own?.syn, peer?.syn],
};
