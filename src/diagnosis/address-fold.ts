/** Segments to where nobody is, or from where one is not: where it is known whose addresses there are. And frames to no card. */
import type { Moment, MomentOf } from '../evidence/moment.js';
import type { Host } from '../evidence/host.js';
import { isByHand, type ObservedPacket } from '../evidence/packet.js';
import { TcpFlag } from '../wire/index.js';
import { handshakeFlags } from '../wire/tcp-flags.js';
import { isLoopback } from '../wire/address-class.js';
import { endpoint } from '../wire/flow.js';
import { ADDRESSED } from './catalogue/by-hand.js';
import type { AddressFindingId, Connection, Finding, Fold } from './finding.js';

interface Addressed {
  readonly connection: Connection;
  readonly found?: { readonly id: AddressFindingId; readonly moment: MomentOf<'packet'> };
  /** Whoever has sent the SYN goes on by hand: it has heard the answer, by whatever means. */
  readonly isHeard?: true;
}

/** The first SYN tells. */
export const ADDRESSES: Fold<Addressed> = {
  begin: (connection) => ({ connection }),
  see(state, moment) {
    if (state.found?.id === 'foreign-source' && goesOn(moment, state.found.moment)) return { ...state, isHeard: true };
    if (state.found !== undefined || !isOpening(moment)) return state;
    const id = faultOf(moment, state.connection.hosts);
    return id === undefined ? state : { ...state, found: { id, moment } };
  },
  end: ({ found, isHeard }) => (found === undefined || isHeard === true ? [] : [explained(found.id, found.moment)]),
};

const goesOn = (moment: Moment, { packet: { packet, segment } }: MomentOf<'packet'>): boolean =>
  moment.type === 'packet' &&
  isByHand(moment.packet) &&
  handshakeFlags(moment.packet.segment.flags) === TcpFlag.ACK &&
  moment.packet.packet.ip.src === packet.ip.src &&
  moment.packet.segment.srcPort === segment.srcPort;

const isOpening = (moment: Moment): moment is MomentOf<'packet'> =>
  moment.type === 'packet' && handshakeFlags(moment.packet.segment.flags) === TcpFlag.SYN;

function faultOf({ packet: observed }: MomentOf<'packet'>, hosts: readonly Host[]): AddressFindingId | undefined {
  const { src, dst } = observed.packet.ip;
  if (hosts.some(({ addresses }) => addresses === undefined)) return undefined;
  const has = (address: string, host: Host): boolean =>
    isLoopback(address) || host.addresses?.includes(address) === true;
  if (!hosts.some((host) => has(dst, host))) return 'no-such-host';
  if (observed.frameFor !== undefined) return 'wrong-link-address';
  const own = hosts.find(({ name }) => name === observed.from);
  // Who is forwarded stands behind the host, and has an address of its own.
  const isFromHere = observed.sender !== 'forwarded' && isByHand(observed);
  return own === undefined || has(src, own) || !isFromHere ? undefined : 'foreign-source';
}

function explained(id: AddressFindingId, moment: MomentOf<'packet'>): Finding {
  const { from, packet, segment } = moment.packet;
  const { src, dst } = packet.ip;
  const flow = { src, srcPort: segment.srcPort, dst, dstPort: segment.dstPort };
  return {
    id,
    certainty: 'seen',
    host: from,
    flow,
    at: [moment],
    source: ADDRESSED[id].source,
    ...WORDS[id](moment.packet),
  };
}

type Words = Pick<Finding, 'meaning' | 'because' | 'advice'>;

const WORDS: Readonly<Record<AddressFindingId, (observed: ObservedPacket) => Words>> = {
  'no-such-host': ({ packet: { ip }, segment }) => ({
    meaning: {
      en: `nobody here has the address ${ip.dst}: the SYN goes nowhere`,
      zh: `这里没有主机拥有地址 ${ip.dst}：SYN 无人接收`,
    },
    advice: `rawshake run --server-address ${endpoint(ip.dst, segment.dstPort)} -- …`,
  }),
  'foreign-source': ({ packet: { ip } }) => ({
    meaning: {
      en: `the SYN comes from ${ip.src}, which is no address of this host: its kernel hands no answer to a raw socket`,
      zh: `SYN 的源地址 ${ip.src} 不是本机的地址：内核不会把应答交给原始套接字`,
    },
    advice: `rawshake run --client-address ${ip.src} -- …`,
  }),
  'wrong-link-address': ({ frameFor = '' }) => ({
    meaning: {
      en: `the frame is for the Ethernet address ${frameFor}, which is not the other host's: its kernel's TCP does not take it`,
      zh: `以太网帧的目的地址是 ${frameFor}，不是对方主机的地址：对方内核的 TCP 不会接收`,
    },
    because: {
      en:
        'Who sends by AF_PACKET writes the Ethernet header, too: the address that ARP, or neighbour discovery, gives for the next hop. ' +
        'What is for another card, for all or for a group, TCP throws away without a word.',
      zh: '用 AF_PACKET 发送时，以太网首部也要自己写：目的地址应是 ARP（或邻居发现）给出的下一跳地址。发给其他网卡、广播或组播的帧，TCP 一律直接丢弃。',
    },
  }),
};
