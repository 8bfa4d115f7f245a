/** A SYN made by hand that is answered by a bare ACK: to the other side there is this connection already. */
import { OF_SOCKETS } from './catalogue/by-hand.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { isByHand, type ObservedPacket } from '../evidence/packet.js';
import { isSameFlow, reverseFlow } from '../wire/flow.js';
import { flowOf } from '../evidence/moment-flow.js';
import { TcpFlag } from '../wire/index.js';
import type { Fold } from './finding.js';

interface Opening {
  readonly syn?: MomentOf<'packet'>;
  readonly challenge?: MomentOf<'packet'>;
  /** The first that has come back was something else. */
  readonly isAnswered?: true;
}

export const IN_USE: Fold<Opening> = {
  begin: () => ({}),
  see(state, moment) {
    const { syn, challenge, isAnswered } = state;
    if (moment.type !== 'packet' || challenge !== undefined || isAnswered === true) return state;
    const bits = bitsOf(moment.packet);
    if (syn === undefined) return bits === TcpFlag.SYN && isByHand(moment.packet) ? { syn: moment } : state;
    if (!isBack(moment, syn)) return state;
    return bits === TcpFlag.ACK ? { syn, challenge: moment } : { syn, isAnswered: true };
  },
  end({ syn, challenge }) {
    const flow = syn && flowOf(syn);
    if (syn === undefined || challenge === undefined || flow === undefined) return [];
    return [
      {
        ...{ id: 'in-use', certainty: 'seen', host: syn.packet.from, flow },
        meaning: {
          en: `the connection from port ${flow.srcPort} is there already: the SYN was answered by an ACK, not by SYN/ACK`,
          zh: `从端口 ${flow.srcPort} 发起的连接已经存在：SYN 得到的是 ACK，而不是 SYN/ACK`,
        },
        because: {
          en:
            'A socket of this host has it, or an earlier handshake by hand that was never closed. To the other side the SYN is a stray one ' +
            'of that connection, and it answers with what it expects next (a challenge ACK). Close the other first, or send from another port.',
          zh: '本机有套接字正在使用它，或者之前手工建立的连接从未关闭。对方把这个 SYN 当作那条连接里的异常报文段，并以自己期待的序号作答（challenge ACK）。请先关闭那条连接，或改用其他源端口。',
        },
        source: OF_SOCKETS['in-use'].source,
        at: [syn, challenge],
      },
    ];
  },
};

const bitsOf = ({ segment }: ObservedPacket): number =>
  segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST | TcpFlag.FIN);

function isBack(moment: Moment, syn: Moment): boolean {
  const [back, way] = [flowOf(moment), flowOf(syn)];
  return back !== undefined && way !== undefined && isSameFlow(back, reverseFlow(way));
}
