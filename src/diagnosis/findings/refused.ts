/** The SYN was answered by RST. */
import { type Explanation, resetOnTheWay } from '../explanation.js';

export const REFUSED: Explanation = {
  certainty: ({ handshake, peer }) =>
    peer !== undefined && handshake.resetMade[peer.host] !== undefined ? 'proven' : 'seen',
  meaning(of) {
    const title = resetOnTheWay(of)?.title;
    if (title !== undefined)
      return { en: `REFUSED by the ${title.en}, in the other side's name`, zh: `被${title.zh}以对方的名义拒绝` };
    // A RST does not say who has made it.
    return of.isOneSided
      ? {
          en: 'REFUSED: the SYN was answered by RST: no socket there, or a firewall',
          zh: '被拒绝：SYN 得到 RST 应答：对方没有套接字，或有防火墙',
        }
      : { en: 'REFUSED: no socket on the other side', zh: '被拒绝：对方没有套接字' };
  },
  source: 'RFC 9293 §3.5.2',
  at: ({ own, peer }) => [own?.syn, peer?.reset],
};
