/** What the packets of a run say of the filter behind which it was made, for `judgeFilter`. */
import type { FilterEvidence } from '../filter/judge-evidence.js';
import { type Seq, seqGt, TcpFlag } from '../wire/index.js';
import type { HostName } from './host.js';
import { peerResets } from './outcome.js';
import { isByHand, type ObservedPacket, sequenceEnd } from './packet.js';

/** What packets alone do not say. */
export type FilterFacts = Omit<
  FilterEvidence,
  'answerable' | 'kernelResetsLeft' | 'ownResetsLeft' | 'peerResets' | 'wrongAcks'
>;

const isReset = ({ segment }: ObservedPacket): boolean => (segment.flags & TcpFlag.RST) !== 0;

/** `packets`: as they passed the link at the end of `handMade`, the host on which the handshake is made by hand. */
export function filterEvidence(
  packets: readonly ObservedPacket[],
  handMade: HostName,
  facts: FilterFacts,
): FilterEvidence {
  const ours = packets.filter(({ from }) => from === handMade);
  const resetsBy = (wanted: ObservedPacket['sender']): number =>
    ours.filter((packet) => packet.sender === wanted && isReset(packet)).length;
  return {
    ...facts,
    answerable: packets.filter((packet) => packet.from !== handMade && !isReset(packet)).length,
    kernelResetsLeft: resetsBy('kernel'),
    ownResetsLeft: resetsBy('rawshake'),
    peerResets: peerResets(packets, handMade).length,
    wrongAcks: wrongAcks(packets, handMade),
  };
}

/** How many segments made by hand acknowledge what the peer had not sent by then. */
function wrongAcks(packets: readonly ObservedPacket[], handMade: HostName): number {
  let first: Seq | undefined;
  let next: Seq | undefined;
  let wrong = 0;
  for (const packet of packets) {
    const { from, segment } = packet;
    const { flags, seq, ack } = segment;
    if (from !== handMade) {
      if (isReset(packet)) continue;
      first ??= seq;
      const end = sequenceEnd(segment);
      if (next === undefined || seqGt(end, next)) next = end;
    } else if (isByHand(packet) && (flags & TcpFlag.ACK) !== 0 && !isReset(packet)) {
      if (first === undefined || next === undefined || seqGt(ack, next) || !seqGt(ack, first)) wrong += 1;
    }
  }
  return wrong;
}
