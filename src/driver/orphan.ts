/** What is left of a connection of which its user wants no more: the machine sees it to its end, within bounds. */
import { seqDiff } from '../wire/seq.js';
import type { Machine } from './machine.js';
import type { Clock, Unsubscribe } from './ports.js';
import { type Millis } from '../tcp/types.js';

/** How often it is looked at: Linux's `tcp_fin_timeout`. */
const PERIOD_MS = 60_000;

/**
 * Each minute: without the other side's FIN it is forgotten in FIN-WAIT-2, as Linux does, and where less than a segment of what is
 * still to be sent was taken, it is reset. Linux ends what makes no progress after `tcp_orphan_retries` probes.
 */
export function watchOrphan(machine: Machine, clock: Clock): Unsubscribe {
  if (machine.tcb.state === 'CLOSE') return () => undefined;
  let { sndUna } = machine.tcb;
  let cancel = again();
  return () => cancel();

  function again(): Unsubscribe {
    return clock.wakeAt((clock.now() + PERIOD_MS) as Millis, look);
  }

  function look(): void {
    const { tcb } = machine;
    const isTaken = seqDiff(tcb.sndUna, sndUna) >= tcb.sendMss;
    if (tcb.state === 'FIN_WAIT2') machine.stop();
    else if (tcb.state !== 'TIME_WAIT' && !isTaken) machine.dispatch({ type: 'abort' });
    else {
      ({ sndUna } = tcb);
      cancel = again();
    }
  }
}
