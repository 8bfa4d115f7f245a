/** It stood, and not all of the data has arrived. */
import type { Explanation } from '../explanation.js';

export const INCOMPLETE: Explanation = {
  certainty: () => 'seen',
  meaning: ({ ending: { lacks } }) =>
    lacks === 'received'
      ? {
          en: 'INCOMPLETE: established, but not all that the other side sent has come in',
          zh: '不完整 INCOMPLETE：连接曾建立，但对方发送的内容未全部到达',
        }
      : {
          en: 'INCOMPLETE: established, but the other side did not acknowledge all of it',
          zh: '不完整 INCOMPLETE：连接曾建立，但对方没有确认全部内容',
        },
  at: ({ own, peer }) => [own?.syn, peer?.syn],
};
