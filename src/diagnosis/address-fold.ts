/** Segments to where nobody is, or from where one is not: where it is known whose addresses there are. */
import type { Moment, MomentOf } from '../evidence/moment.js';
import type { Host } from '../evidence/host.js';
import { isByHand } from '../evidence/packet.js';
import { TcpFlag } from '../wire/index.js';
import { isLoopback } from '../wire/address-class.js';
import { endpoint } from '../wire/flow.js';
import { ADDRESSED } from './catalogue/by-hand.js';
import type { AddressFindingId, Connection, Finding, Fold } from './finding.js';

interface Addressed {
  readonly connection: Connection;
  readonly found?: { readonly id: AddressFindingId; readonly moment: MomentOf<'packet'> };
}

/** The first SYN tells. */
export const ADDRESSES: Fold<Addressed> = {
  begin: (connection) => ({ connection }),
  see(state, moment) {
    if (state.found !== undefined || !isOpening(moment)) return state;
    const id = faultOf(moment, state.connection.hosts);
    return id === undefined ? state : { ...state, found: { id, moment } };
  },
  end: ({ found }) => (found === undefined ? [] : [explained(found.id, found.moment)]),
};

const isOpening = (moment: Moment): moment is MomentOf<'packet'> =>
  moment.type === 'packet' && (moment.packet.segment.flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST)) === TcpFlag.SYN;

function faultOf({ packet: observed }: MomentOf<'packet'>, hosts: readonly Host[]): AddressFindingId | undefined {
  const { src, dst } = observed.packet.ip;
  if (hosts.some(({ addresses }) => addresses === undefined)) return undefined;
  const has = (address: string, host: Host): boolean =>
    isLoopback(address) || host.addresses?.includes(address) === true;
  if (!hosts.some((host) => has(dst, host))) return 'no-such-host';
  const own = hosts.find(({ name }) => name === observed.from);
  return own === undefined || has(src, own) || !isByHand(observed) ? undefined : 'foreign-source';
}

function explained(id: AddressFindingId, moment: MomentOf<'packet'>): Finding {
  const { from, packet, segment } = moment.packet;
  const { src, dst } = packet.ip;
  const flow = { src, srcPort: segment.srcPort, dst, dstPort: segment.dstPort };
  const words =
    id === 'no-such-host'
      ? {
          meaning: {
            en: `nobody here has the address ${dst}: the SYN goes nowhere`,
            zh: `这里没有主机拥有地址 ${dst}：SYN 无人接收`,
          },
          advice: `rawshake run --server-address ${endpoint(dst, segment.dstPort)} -- …`,
        }
      : {
          meaning: {
            en: `the SYN comes from ${src}, which is no address of this host: its kernel hands no answer to a raw socket`,
            zh: `SYN 的源地址 ${src} 不是本机的地址：内核不会把应答交给原始套接字`,
          },
          advice: `rawshake run --client-address ${src} -- …`,
        };
  return { id, certainty: 'seen', host: from, flow, at: [moment], source: ADDRESSED[id].source, ...words };
}
