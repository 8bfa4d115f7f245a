/** The SYN was answered by RST. */
import type { Explanation } from '../explanation.js';

export const REFUSED: Explanation = {
  certainty: ({ handshake, peer }) =>
    peer !== undefined && handshake.resetMade[peer.host] !== undefined ? 'proven' : 'seen',
  meaning: ({ isOneSided }) =>
    // A RST does not say who has made it.
    isOneSided
      ? {
          en: 'REFUSED: the SYN was answered by RST: no socket there, or a firewall',
          zh: '被拒绝：SYN 得到 RST 应答：对方没有套接字，或有防火墙',
        }
      : { en: 'REFUSED: no socket on the other side', zh: '被拒绝：对方没有套接字' },
  source: 'RFC 9293 §3.5.2',
  at: ({ own, peer }) => [own?.syn, peer?.reset],
};
