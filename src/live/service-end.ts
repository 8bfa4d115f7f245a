/** How a connection that was served came to its end, in the word of its machine. */
import type { RawConnection } from '../driver/raw-connection.js';
import type { Outcome } from '../evidence/outcome.js';
import { type Missing, missingBefore, missingBehindFin, type Tcb } from '../tcp/index.js';
import type { CloseReason } from '../tcp/types.js';

/** `given-up`: nobody waited any longer for the other side. */
export type ServiceEnd = CloseReason | 'given-up';

/** Told once, when it is known: what was sent may be under way when the stream is closed. */
export function whenEnded(connection: RawConnection, tell: (end: ServiceEnd) => void): void {
  let isTold = false;
  const tellOnce = (): void => {
    if (!isTold) tell(connection.closeReason ?? 'given-up');
    isTold = true;
  };
  connection.once('ended', tellOnce).once('released', tellOnce);
}

/** What the other side has sent, and never came; undefined: nothing is known to be missing. */
export const missingOf = (tcb: Tcb): Missing | undefined => missingBehindFin(tcb) ?? missingBefore(tcb);

type Sent = Pick<RawConnection, 'bytesWritten' | 'bytesAcknowledged' | 'state' | 'tcb'>;

export function outcomeOfService(end: ServiceEnd, { bytesWritten, bytesAcknowledged, state, tcb }: Sent): Outcome {
  switch (end) {
    case 'closed':
      return missingOf(tcb) === undefined ? 'established' : 'incomplete';
    case 'reset':
    case 'refused':
      return 'reset-by-peer';
    case 'aborted':
      return bytesAcknowledged === bytesWritten ? 'aborted' : 'incomplete';
    case 'timed-out':
      return 'incomplete';
    case 'given-up':
      // It has all, our FIN too, and keeps its own side open.
      return state === 'FIN_WAIT2' && missingOf(tcb) === undefined ? 'established' : 'incomplete';
  }
}
