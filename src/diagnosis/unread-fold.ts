/** A SYN/ACK that came, and that no socket of the program which has sent the SYN by hand could read. */
import { OF_SOCKETS } from './catalogue/by-hand.js';
import type { MomentOf } from '../evidence/moment.js';
import { flowOf } from '../evidence/moment-flow.js';
import { isByHand, type ObservedPacket } from '../evidence/packet.js';
import { isSameFlow, reverseFlow } from '../wire/flow.js';
import { TcpFlag } from '../wire/index.js';
import { handshakeFlags } from '../wire/tcp-flags.js';
import type { Finding, Fold } from './finding.js';
import { ownerRuleFor } from './rule-for.js';

interface Reading {
  readonly syn?: MomentOf<'packet'>;
  readonly answer?: MomentOf<'packet'>;
  /** Which sockets could have read it, as its kernel said when it had come. */
  readonly asked?: MomentOf<'lookup'>;
  /** A filter of the program's own host dropped what came in. */
  readonly dropped?: MomentOf<'event'>;
  readonly isAcknowledged?: true;
}

export const UNREAD: Fold<Reading> = {
  begin: () => ({}),
  see(state, moment) {
    const { syn } = state;
    if (syn === undefined) return moment.type === 'packet' && opensByHand(moment.packet) ? { syn: moment } : state;
    const [flow, way] = [flowOf(moment), flowOf(syn)];
    if (flow === undefined || way === undefined) return state;
    if (moment.type === 'packet') return seePacket(state, moment, isSameFlow(flow, way));
    if (moment.type === 'lookup') return isAnswer(state, moment, syn) ? { ...state, asked: moment } : state;
    if (moment.type !== 'event' || state.dropped !== undefined) return state;
    const { host, reason } = moment.event;
    const isDrop = reason === 'NETFILTER_DROP' && host === syn.packet.from && isSameFlow(flow, reverseFlow(way));
    return isDrop ? { ...state, dropped: moment } : state;
  },
  end({ syn, answer, asked, dropped, isAcknowledged }, { dropsArrivals = false }) {
    const flow = syn && flowOf(syn);
    const readers = asked?.lookup.readers;
    if (syn === undefined || answer === undefined || flow === undefined || isAcknowledged === true) return [];
    if (asked === undefined || readers === undefined || readers.includes('packet')) return [];
    const base = { id: 'unread', host: syn.packet.from, flow, source: OF_SOCKETS.unread.source } as const;
    if (readers.length === 0) return [{ ...base, ...NO_READER, certainty: 'likely', at: [answer, asked] }];
    if (dropped === undefined && !dropsArrivals) return [];
    const advice = ownerRuleFor(flow, true);
    const certainty = dropped === undefined ? 'likely' : 'proven';
    const at = [answer, asked, ...(dropped === undefined ? [] : [dropped])].sort((one, other) => one.ms - other.ms);
    return [{ ...base, ...FILTERED, certainty, ...(advice !== undefined && { advice }), at }];
  },
};

const opensByHand = (packet: ObservedPacket): boolean =>
  packet.sender === 'program' && isByHand(packet) && handshakeFlags(packet.segment.flags) === TcpFlag.SYN;

function seePacket(state: Reading, moment: MomentOf<'packet'>, isOwn: boolean): Reading {
  const bits = handshakeFlags(moment.packet.segment.flags);
  if (isOwn) return bits === TcpFlag.ACK ? { ...state, isAcknowledged: true } : state;
  return state.answer === undefined && bits === (TcpFlag.SYN | TcpFlag.ACK) ? { ...state, answer: moment } : state;
}

/** Who reads at any moment that was asked for can read. */
const isAnswer = ({ asked }: Reading, { lookup }: MomentOf<'lookup'>, { packet }: MomentOf<'packet'>): boolean =>
  lookup.host === packet.from &&
  lookup.readers !== undefined &&
  (asked === undefined || lookup.readers.length > (asked.lookup.readers ?? []).length);

const NO_READER: Pick<Finding, 'meaning' | 'because'> = {
  meaning: {
    en: 'the SYN/ACK came, and none of the raw and AF_PACKET sockets on this host could read it',
    zh: 'SYN/ACK 到了，但本机的原始套接字和 AF_PACKET 套接字没有一个能读到它',
  },
  because: {
    en:
      'A raw socket reads only what has its own protocol number, so one of IPPROTO_RAW reads nothing at all and one for TCP must be of ' +
      'IPPROTO_TCP; bound or connected it reads what is for that address, or from it. An AF_PACKET socket reads what passes the interface ' +
      'it is bound to (here it must be that of the link, not lo), and of its protocol: ETH_P_ALL or ETH_P_IP. And it has to be open before the SYN is sent.',
    zh: '原始套接字只能读到与自己协议号相同的数据包：IPPROTO_RAW 什么也读不到，要读 TCP 须用 IPPROTO_TCP；绑定或连接之后，只能读到发给该地址、或来自该地址的包。AF_PACKET 套接字只能读到经过所绑定接口（此处须是链路的接口，不是 lo）且协议相符（ETH_P_ALL 或 ETH_P_IP）的包。此外，它必须在发送 SYN 之前就打开。',
  },
};

const FILTERED: Pick<Finding, 'meaning' | 'because'> = {
  meaning: {
    en: 'the SYN/ACK was dropped by a filter of this host before a raw socket could read it',
    zh: 'SYN/ACK 在原始套接字读到之前，就被本机的过滤规则丢弃了',
  },
  because: {
    en:
      'What a rule drops on its way in, neither TCP nor a raw socket gets; AF_PACKET alone reads before it. So for a program with a raw ' +
      'socket let it in, and drop the RSTs on their way out instead.',
    zh: '被入向规则丢弃的数据包，TCP 和原始套接字都收不到；只有 AF_PACKET 在规则之前读取。因此，使用原始套接字的程序应放行入向数据包，改为丢弃出向的 RST。',
  },
};
