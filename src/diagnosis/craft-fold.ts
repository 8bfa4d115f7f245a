/** What is wrong with the segments of a connection that were made by hand: each fault once, by the first that has it. */
import { type ObservedPacket, isByHand, sequenceEnd } from '../evidence/packet.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import type { Flow } from '../wire/flow.js';
import { type Seq, seqAdd, seqGt, seqLe, seqLt, TcpFlag } from '../wire/index.js';
import { CRAFTED } from './catalogue/by-hand.js';
import type { CraftExplanation, Fault } from './craft.js';
import type { Connection, CraftFindingId, Fold } from './finding.js';
import { BAD_CHECKSUM } from './findings/bad-checksum.js';
import { BAD_IP_CHECKSUM } from './findings/bad-ip-checksum.js';
import { NO_SYN } from './findings/no-syn.js';
import { WRONG_ACK } from './findings/wrong-ack.js';
import { WRONG_SEQ } from './findings/wrong-seq.js';

type PacketMoment = MomentOf<'packet'>;

/** One end of it, by its address and port. */
interface End {
  readonly key: string;
  readonly syn: PacketMoment | undefined;
  /** Behind all that it has sent. */
  readonly next: Seq;
  /** Behind what it has sent without a gap. */
  readonly whole: Seq;
  /** A segment behind its SYN had a right number: one less is a keep-alive from there on. RFC 9293 §3.8.4. */
  readonly isUnderWay: boolean;
}

export interface Craft {
  readonly connection: Connection;
  readonly ends: readonly End[];
  readonly faults: Partial<Record<CraftFindingId, Fault>>;
  /** A kernel has thrown a segment of it away for its checksum. */
  readonly refusedChecksum?: MomentOf<'event'>;
  /** A kernel has a connection of it, whether or not its SYN was seen. */
  readonly isTaken?: true;
}

const EXPLANATIONS: Readonly<Record<CraftFindingId, CraftExplanation>> = {
  'bad-checksum': BAD_CHECKSUM,
  'bad-ip-checksum': BAD_IP_CHECKSUM,
  'wrong-ack': WRONG_ACK,
  'wrong-seq': WRONG_SEQ,
  'no-syn': NO_SYN,
};

export const CRAFT: Fold<Craft> = {
  begin: (connection) => ({ connection, ends: [], faults: {} }),
  see: seeCraft,
  end: ({ ends, faults, refusedChecksum, isTaken }) =>
    Object.entries(faults).flatMap(([name, fault]) => {
      const id = name as CraftFindingId;
      if (id === 'wrong-seq' && isFilled(fault, ends)) return [];
      if (id === 'no-syn' && isTaken === true) return [];
      const proof = id === 'bad-checksum' ? refusedChecksum : undefined;
      const explanation = EXPLANATIONS[id];
      const [meaning, why] = [explanation.meaning(fault), explanation.because(fault)];
      return {
        ...{ id, certainty: proof === undefined ? 'seen' : 'proven', host: fault.moment.packet.from },
        ...{ flow: flowOf(fault.moment.packet), meaning, source: CRAFTED[id].source },
        ...(why !== undefined && { because: why }),
        at: [...(fault.syn === undefined ? [] : [fault.syn]), fault.moment, ...(proof === undefined ? [] : [proof])],
      };
    }),
};

function seeCraft(craft: Craft, moment: Moment): Craft {
  if (moment.type === 'event' && moment.event.event === 'tcp_bad_csum' && craft.refusedChecksum === undefined)
    return { ...craft, refusedChecksum: moment };
  return moment.type === 'packet' ? seePacket(craft, moment) : craft;
}

function seePacket(craft: Craft, moment: PacketMoment): Craft {
  const { packet, segment } = moment.packet;
  const key = `${packet.ip.src} ${segment.srcPort}`;
  const own = craft.ends.find((end) => end.key === key);
  const other = craft.ends.find((end) => end.key === `${packet.ip.dst} ${segment.dstPort}`);
  const known: Craft = craft.isTaken !== true && isOfConnection(moment.packet) ? { ...craft, isTaken: true } : craft;
  const id = isByHand(moment.packet) ? (faultOf(moment, own, other) ?? lonely(craft, moment)) : undefined;
  const found: Craft =
    id === undefined || craft.faults[id] !== undefined
      ? known
      : { ...known, faults: { ...known.faults, [id]: { moment, syn: id === 'wrong-ack' ? other?.syn : own?.syn } } };
  // What is damaged is taken for nothing, by its receiver and so here.
  if (!segment.checksumOk || !isHeaderOk(moment.packet)) return found;
  const isSyn = (segment.flags & (TcpFlag.SYN | TcpFlag.RST)) === TcpFlag.SYN;
  if (own?.isUnderWay === true && !isSyn && !grows(own, moment)) return found;
  const end: End = {
    ...{ key, syn: own?.syn ?? (isSyn ? moment : undefined), next: nextOf(own?.next, moment) },
    whole: own === undefined || seqLe(segment.seq, own.whole) ? nextOf(own?.whole, moment) : own.whole,
    isUnderWay:
      own !== undefined && (own.isUnderWay || (!isSyn && !isReset(moment.packet) && segment.seq === own.next)),
  };
  return { ...found, ends: [...found.ends.filter((one) => one.key !== key), end] };
}

const isReset = ({ segment }: ObservedPacket): boolean => (segment.flags & TcpFlag.RST) !== 0;

/** Or fills a gap. */
const grows = ({ next, whole }: End, { packet }: PacketMoment): boolean =>
  !isReset(packet) &&
  (seqGt(sequenceEnd(packet.segment), next) || (whole !== next && seqLe(packet.segment.seq, whole)));

function nextOf(before: Seq | undefined, { packet }: PacketMoment): Seq {
  const end = sequenceEnd(packet.segment);
  return before === undefined || seqGt(end, before) ? end : before;
}

/** What seemed to leave a gap has come before what belongs there. */
function isFilled({ moment: { packet } }: Fault, ends: readonly End[]): boolean {
  const { seq, srcPort } = packet.segment;
  const own = ends.find(({ key }) => key === `${packet.packet.ip.src} ${srcPort}`);
  const begin = own?.syn === undefined ? undefined : seqAdd(own.syn.packet.segment.seq, 1);
  return own !== undefined && begin !== undefined && !seqLt(seq, begin) && seqLe(seq, own.whole);
}

const isHeaderOk = ({ packet: { ip } }: ObservedPacket): boolean => ip.version === 6 || ip.checksumOk;

/** To what belongs to none a kernel sends RST, or nothing. */
const isOfConnection = (packet: ObservedPacket): boolean =>
  !isByHand(packet) && (packet.segment.flags & (TcpFlag.SYN | TcpFlag.RST)) === 0;

/** A SYN before it would have been seen: the recording is of hosts that had no connection when it began. */
function lonely({ connection, ends }: Craft, { packet }: PacketMoment): CraftFindingId | undefined {
  const { hosts, mayHaveBegun } = connection;
  const isSeenWhole = mayHaveBegun !== true && hosts.every(({ addresses }) => addresses !== undefined);
  const isFirst = (packet.segment.flags & TcpFlag.SYN) !== 0 || isReset(packet);
  return isSeenWhole && !isFirst && ends.every(({ syn }) => syn === undefined) ? 'no-syn' : undefined;
}

/** A RST is measured by other rules: RFC 9293 §3.10.7. */
function faultOf({ packet }: PacketMoment, own: End | undefined, other: End | undefined): CraftFindingId | undefined {
  const { segment } = packet;
  if (!isHeaderOk(packet)) return 'bad-ip-checksum';
  if (!segment.checksumOk) return 'bad-checksum';
  const isFirst = (segment.flags & TcpFlag.SYN) !== 0;
  if (isReset(packet)) return undefined;
  if ((segment.flags & TcpFlag.ACK) !== 0 && other?.syn !== undefined) {
    const first = seqAdd(other.syn.packet.segment.seq, 1);
    if (seqLt(segment.ack, first) || seqGt(segment.ack, other.next)) return 'wrong-ack';
  }
  if (isFirst || own?.syn === undefined || other?.syn === undefined) return undefined;
  const behindSyn = seqAdd(own.syn.packet.segment.seq, 1);
  if (own.isUnderWay && segment.seq === seqAdd(own.next, -1)) return undefined;
  return seqLt(segment.seq, behindSyn) || seqGt(segment.seq, own.next) ? 'wrong-seq' : undefined;
}

const flowOf = ({ packet, segment }: ObservedPacket): Flow => ({
  ...{ src: packet.ip.src, srcPort: segment.srcPort },
  ...{ dst: packet.ip.dst, dstPort: segment.dstPort },
});
