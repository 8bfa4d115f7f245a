/** The handshake was completed; where it is known what became of what was sent, that has arrived. */
import type { Explanation } from '../explanation.js';
import type { Side } from '../handshake.js';

export const ESTABLISHED: Explanation = {
  certainty: ({ handshake, ending }) =>
    handshake.stands !== undefined || ending.dataArrived === true ? 'proven' : 'seen',
  meaning: () => ({ en: 'ESTABLISHED', zh: '连接成功 ESTABLISHED' }),
  at: ({ own, peer, handshake }) => [own?.syn, peer?.syn, ...acknowledgments(own, peer), handshake.stands],
};

/** What acknowledges a SYN that was not seen may be any of the conversation. */
const acknowledgments = (own: Side | undefined, peer: Side | undefined): readonly Side['ack'][] =>
  own?.syn !== undefined && peer?.syn !== undefined ? [own.ack, peer.ack] : [];
