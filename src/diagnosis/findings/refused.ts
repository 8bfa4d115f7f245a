/** The SYN was answered by RST. */
import type { Text } from '../../error.js';
import { hostNamed, type Host } from '../../evidence/host.js';
import { isLoopback } from '../../wire/address-class.js';
import { reverseFlow } from '../../wire/flow.js';
import { type Case, type Explanation, resetOnTheWay } from '../explanation.js';
import { ownerRuleFor } from '../rule-for.js';

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
  because: refusedBecause,
  advice: (of) => (isServedByHand(of) ? ownerRuleFor(reverseFlow(of.flow), false) : undefined),
  at: ({ own, peer }) => [own?.syn, peer?.reset],
};

const refusing = ({ peer, handshake }: Case): Host | undefined =>
  peer === undefined ? undefined : hostNamed(handshake.connection.hosts, peer.host);

/** Its kernel was asked for a port of a host on which somebody's program is to answer. */
const isServedByHand = (of: Case): boolean =>
  refusing(of)?.runsPrograms === true && of.peer?.host !== of.own?.host && of.peer?.reset?.packet.sentFor === 'nobody';

/** What is known of who was asked. */
function refusedBecause(of: Case): Text | undefined {
  const { flow } = of;
  const host = refusing(of);
  if (isServedByHand(of))
    return {
      en: `nothing listens on port ${flow.dstPort} there. If its program answers by hand, its kernel is faster, and a rule keeps that silent.`,
      zh: `那里没有套接字监听端口 ${flow.dstPort}。如果那里的程序手工应答，内核总是更快，需要用规则让内核保持沉默。`,
    };
  if (host?.addresses !== undefined && isLoopback(flow.dst))
    return {
      en: `${flow.dst} is the program's own host, not the server.`,
      zh: `${flow.dst} 是程序自己的主机，而不是服务器。`,
    };
  const [port] = host?.listensOn ?? [];
  if (port === undefined || port === flow.dstPort) return undefined;
  return {
    en: `the ${host?.title.en ?? ''} listens on port ${port}, and on no other: give the program {port}, or the server the program's port, --port ${flow.dstPort}.`,
    zh: `${host?.title.zh ?? ''}只监听端口 ${port}：请把 {port} 交给程序，或让服务器使用程序的端口：--port ${flow.dstPort}。`,
  };
}
