/** The TCP machine: RFC 9293 as pure functions. `step(tcb, event, now)` gives the next TCB and the actions. */
export { activeOpen, listen } from './closed.js';
export { mayReplace } from './closing.js';
export { handOver, type HandOver } from './hand-over.js';
export { passiveOpen, SYN_WITH_FIN } from './listen.js';
export type { Congestion } from './congestion.js';
export { DEFAULT_TUNING, LINUX_OFFER, type OpenOptions, type Settings, type Tuning } from './options.js';
export { type Missing, missingBefore, missingBehindFin } from './missing.js';
export { resetFor } from './segments.js';
export { step } from './step.js';
export { canUseCookies, COOKIE_VALID_MS, SynCookies, type KeyedHash } from './syn-cookie.js';
export {
  flightSize,
  isInFlight,
  negotiated,
  queuedBytes,
  rcvWnd,
  synUnacknowledged,
  type Fin,
  type Negotiated,
  type Origin,
  type Tcb,
} from './tcb.js';
export type { Block, Piece, Reassembly } from './reassembly.js';
export type { Rtt } from './rtt.js';
export type { Chunk, SendQueue } from './send-queue.js';
export { pollAt } from './timers.js';
export { stateDiagram, TRANSITIONS, type Transition } from './transitions.js';
export type { Step } from './turn.js';
export * from './types.js';
