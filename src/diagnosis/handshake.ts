/** What is kept of one connection to tell how its handshake went: of each side a few packets, and what the kernels said. */
import type { HostName } from '../evidence/host.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { isByHand } from '../evidence/packet.js';
import { isSameFlow, reverseFlow } from '../wire/flow.js';
import { TcpFlag } from '../wire/index.js';
import type { Connection } from './finding.js';

/** One end of it. */
export interface Side {
  readonly address: string;
  readonly port: number;
  readonly host: HostName;
  readonly isByHand: boolean;
  /** The first of them, each. */
  readonly syn?: MomentOf<'packet'>;
  /** Before its FIN: a FIN repeated and acknowledged twice draws a RST after the end. */
  readonly reset?: MomentOf<'packet'>;
  /** By its kernel, before and after that has adopted the connection. */
  readonly unownedReset?: MomentOf<'packet'>;
  readonly ownedReset?: MomentOf<'packet'>;
  /** The first of what acknowledges something of the other side's, after that one's SYN. */
  readonly ack?: MomentOf<'packet'>;
  readonly hasClosed: boolean;
}

export interface Handshake {
  readonly connection: Connection;
  /** In the order in which they were heard of; one of a connection to itself. */
  readonly sides: readonly Side[];
  /** By whose kernel a RST was made for want of a socket, as it said itself. */
  readonly resetMade: Partial<Record<HostName, MomentOf<'event'>>>;
  readonly isAdopted: boolean;
  /** A kernel says that it is ESTABLISHED. */
  readonly stands?: MomentOf<'event' | 'lookup'>;
}

export const beginHandshake = (connection: Connection): Handshake => ({
  connection,
  sides: [],
  resetMade: {},
  isAdopted: false,
});

export function seeHandshake(handshake: Handshake, moment: Moment): Handshake {
  switch (moment.type) {
    case 'packet':
      return seePacket(handshake, moment);
    case 'adopted':
      return { ...handshake, isAdopted: true };
    case 'event':
      return seeEvent(handshake, moment);
    case 'lookup':
      return moment.lookup.owner === 'ESTABLISHED' ? standing(handshake, moment) : handshake;
    case 'scene':
    case 'dropped':
    case 'call':
    case 'bulk':
    case 'left-out':
      return handshake;
  }
}

const standing = (handshake: Handshake, moment: MomentOf<'event' | 'lookup'>): Handshake =>
  handshake.stands === undefined ? { ...handshake, stands: moment } : handshake;

function seeEvent(handshake: Handshake, moment: MomentOf<'event'>): Handshake {
  const { event, host, reason, newState } = moment.event;
  if (event === 'inet_sock_set_state' && newState === 'ESTABLISHED') return standing(handshake, moment);
  const { resetMade } = handshake;
  if (event !== 'tcp_send_reset' || reason !== 'NO_SOCKET' || resetMade[host] !== undefined) return handshake;
  return { ...handshake, resetMade: { ...resetMade, [host]: moment } };
}

function seePacket(handshake: Handshake, moment: MomentOf<'packet'>): Handshake {
  const { from, packet, segment, sender } = moment.packet;
  const [address, port] = [packet.ip.src, segment.srcPort];
  const known = handshake.sides.find((side) => side.address === address && side.port === port);
  const before: Side = known ?? { address, port, host: from, isByHand: false, hasClosed: false };
  const has = (flag: number): boolean => (segment.flags & flag) !== 0;
  // Most packets are such that add nothing.
  if (known?.ack !== undefined && !has(TURNS) && (known.isByHand || !isByHand(moment.packet))) return handshake;
  const isReset = has(TcpFlag.RST);
  const isAck = has(TcpFlag.ACK) && !isReset && (otherSide(handshake, before) ?? before).syn !== undefined;
  const side: Side = {
    ...before,
    isByHand: before.isByHand || isByHand(moment.packet),
    ...(has(TcpFlag.SYN) && { syn: before.syn ?? moment }),
    ...(isAck && { ack: before.ack ?? moment }),
    hasClosed: before.hasClosed || has(TcpFlag.FIN),
    ...(isReset && !before.hasClosed && { reset: before.reset ?? moment }),
    ...(isReset && sender === 'kernel' && keptReset(handshake, before, moment)),
  };
  if (known !== undefined && isSame(known, side)) return handshake;
  const sides = known === undefined ? [...handshake.sides, side] : handshake.sides.map((s) => (s === known ? side : s));
  return { ...handshake, sides };
}

const TURNS = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

const keptReset = ({ isAdopted }: Handshake, before: Side, moment: MomentOf<'packet'>): Partial<Side> =>
  isAdopted ? { ownedReset: before.ownedReset ?? moment } : { unownedReset: before.unownedReset ?? moment };

const isSame = (one: Side, other: Side): boolean =>
  one.isByHand === other.isByHand &&
  one.ack === other.ack &&
  one.hasClosed === other.hasClosed &&
  one.syn === other.syn &&
  one.reset === other.reset &&
  one.unownedReset === other.unownedReset &&
  one.ownedReset === other.ownedReset;

/** Of a connection to itself, the same. RFC 9293 §3.5, Figure 7, with both ends in one. */
export function otherSide({ connection: { flow }, sides }: Handshake, side: Side | undefined): Side | undefined {
  return isSameFlow(flow, reverseFlow(flow))
    ? side
    : sides.find((other) => other.address !== side?.address || other.port !== side.port);
}

/** The side from which it is told: that made by hand, or else the first that was heard to open, not to answer. */
export function ownSide({ connection: { subject }, sides }: Handshake): Side | undefined {
  const { handMade } = subject;
  if (handMade !== undefined) return sides.find(({ host }) => host === handMade.host);
  return sides.find(({ isByHand }) => isByHand) ?? sides.find(opens);
}

/** Whether its SYN is the first packet of a handshake, or of one that both begin. */
export const opens = ({ syn }: Side): boolean => syn !== undefined && (syn.packet.segment.flags & TcpFlag.ACK) === 0;
