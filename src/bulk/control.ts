/** What the threads of a run share: a few words of memory, and the messages that they send. */
import type { Counters } from './engine.js';
import type { Route } from './outbox.js';
import type { Plan } from './plan.js';

/** Words of the control memory, an Int32Array. */
/** How what is under way is to end now: 0, or the outcome that it gets. */
export const END = 0;
export const STOP = 1;
/** How many connections the listener has accepted. */
export const ACCEPTED = 2;
/** Whether the listener takes what comes; 1 from the beginning where it is somebody else's. */
export const READY = 3;
const CONTROL_BYTES = 16;

export interface Shared {
  readonly control: SharedArrayBuffer;
  /** A byte for each handshake. */
  readonly outcomes: SharedArrayBuffer;
}

export const shareMemory = (count: number): Shared => ({
  control: new SharedArrayBuffer(CONTROL_BYTES),
  outcomes: new SharedArrayBuffer(count),
});

export interface EngineTask extends Shared {
  readonly plan: Plan;
  readonly route: Route;
  /** AF_PACKET sockets, opened where they belong: the one with a ring of `ringSlots`, the other to send. */
  readonly receiveFd: number;
  readonly sendFd: number;
  readonly ringSlots: number;
}

export type EngineMessage =
  | { readonly kind: 'progress'; readonly counters: Counters; readonly seconds: number }
  /** Every handshake has its outcome; what comes late is still answered. */
  | { readonly kind: 'done'; readonly counters: Counters; readonly seconds: number }
  /** The last message of a task: `latency` is what a `Histogram` holds. */
  | { readonly kind: 'end'; readonly latency: Uint32Array };

export interface ListenerTask {
  readonly listenFd: number;
  /** Whether each connection is read to its end before it is closed, or closed at once. */
  readonly reads: boolean;
  /** Whether the compiler is to have done its work before the first connection comes. */
  readonly rehearses: boolean;
  readonly control: SharedArrayBuffer;
}

/** The listener's only message of a task, at its end. */
export interface ListenerReport {
  readonly accepted: number;
  readonly receivedBytes: number;
}
