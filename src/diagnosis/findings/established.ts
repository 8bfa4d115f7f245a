/** The handshake was completed; where it is known what became of what was sent, that has arrived. */
import type { Explanation } from '../explanation.js';

export const ESTABLISHED: Explanation = {
  certainty: ({ handshake, ending }) =>
    handshake.stands !== undefined || ending.dataArrived === true ? 'proven' : 'seen',
  meaning: () => ({ en: 'ESTABLISHED', zh: '连接成功 ESTABLISHED' }),
  source: 'RFC 9293 §3.5',
  at: ({ own, peer, handshake }) => [own?.syn, peer?.syn, own?.ack, peer?.ack, handshake.stands],
};
