/** How a handshake went, by what was seen of it, and by what those say who took part. */
import type { Ending } from '../evidence/recording.js';
import type { Outcome } from '../evidence/outcome.js';
import { type Handshake, opens, otherSide, ownSide, type Side } from './handshake.js';

/** How it ended; `half-open` where nothing more has come, which whoever had the connection calls by another name. */
export type Course = Outcome | 'half-open';

/** undefined: too little was seen to say. */
export function courseOf(handshake: Handshake, { outcome, dataArrived }: Ending): Course | undefined {
  if (outcome !== undefined) return outcome;
  const { handMade } = handshake.connection.subject;
  const own = ownSide(handshake);
  const peer = peerOf(handshake, own);
  if (handMade === undefined && !handshake.sides.some(opens)) return undefined;
  if (isResetByOwnKernel(handshake, own, dataArrived)) return 'reset-by-own-kernel';
  const isAnswered = peer?.syn !== undefined;
  if (peer?.reset !== undefined) return isAnswered ? 'reset-by-peer' : 'refused';
  if (!isAnswered) return 'no-answer';
  if (dataArrived !== undefined) return dataArrived ? 'established' : 'aborted';
  if (own?.reset !== undefined) return 'aborted';
  if (own?.ack === undefined) return opens(peer) ? undefined : 'half-open';
  if (peer.ack !== undefined) return 'established';
  // Its ACK is in the SYN/ACK that it answers with.
  return own.syn !== undefined && !opens(own) && opens(peer) ? 'half-open' : undefined;
}

/** The other side, where ours has not been heard of too. */
export function peerOf(handshake: Handshake, own: Side | undefined): Side | undefined {
  return own === undefined ? handshake.sides[0] : otherSide(handshake, own);
}

/** From the adoption on a RST of the kernel is its socket's own, and part of the conversation, unless the data did not arrive. */
function isResetByOwnKernel(handshake: Handshake, own: Side | undefined, dataArrived = false): boolean {
  const isByHand = handshake.connection.subject.handMade !== undefined || own?.isByHand === true;
  return isByHand && ownReset(own, dataArrived) !== undefined;
}

export const ownReset = (own: Side | undefined, dataArrived: boolean): Side['reset'] =>
  own?.unownedReset ?? (dataArrived ? undefined : own?.ownedReset);
