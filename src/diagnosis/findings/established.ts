/** The handshake was completed, and what was sent has arrived. */
import type { Explanation } from '../explanation.js';

export const ESTABLISHED: Explanation = {
  certainty: ({ handshake, ending }) => (handshake.isKnownToStand || ending.dataArrived === true ? 'proven' : 'seen'),
  meaning: () => ({ en: 'ESTABLISHED', zh: '连接成功 ESTABLISHED' }),
  source: 'RFC 9293 §3.5',
  at: ({ own, peer }) => [own?.syn, peer?.syn],
};
