/** How a handshake went, by what was seen of it, and by what those say who took part. */
import type { Ending } from '../evidence/recording.js';
import type { Outcome } from '../evidence/outcome.js';
import { type Handshake, otherSide, ownSide, type Side } from './handshake.js';

/** undefined: too little was seen to say. */
export function outcomeOf(handshake: Handshake, { outcome, dataArrived }: Ending): Outcome | undefined {
  if (outcome !== undefined) return outcome;
  const { handMade } = handshake.connection.subject;
  const own = ownSide(handshake);
  const peer = peerOf(handshake, own);
  if (handMade === undefined && own?.syn === undefined && peer?.syn === undefined) return undefined;
  if (isResetByOwnKernel(handshake, own, dataArrived)) return 'reset-by-own-kernel';
  const isAnswered = peer?.syn !== undefined;
  if (peer?.reset !== undefined) return isAnswered ? 'reset-by-peer' : 'refused';
  if (!isAnswered) return 'no-answer';
  if (dataArrived !== undefined) return dataArrived ? 'established' : 'aborted';
  return own?.hasAcknowledged === true && peer.hasAcknowledged ? 'established' : undefined;
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
