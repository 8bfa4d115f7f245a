/** The lab that a trace is read for. */
import type { HostName } from '../host.js';
import type { ObservedPacket } from '../packet.js';

export interface TracedHost {
  readonly name: HostName;
  /** The number of its interface. */
  readonly link: number;
  readonly addresses: readonly string[];
}

export interface TraceScene {
  readonly hosts: readonly TracedHost[];
  /** Whose own calls belong here: this process, and the programs that were run in the lab. */
  readonly pids: readonly number[];
  /** The kernel's threads that serve soft interrupts, beside the idle one: by id, for a name can be taken by anybody. */
  readonly softirqThreads: readonly number[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** What the capture has seen: it tells the ports that an event leaves out, and another lab's retransmissions from ours. */
  readonly packets: readonly ObservedPacket[];
}

/** From the event to the packet's stamp, either way. */
export const SAME_MOMENT_MS = 1;

/** Stamps and events are converted from two clocks: one may seem to come before what caused it by this much. */
export const CLOCK_SLACK_MS = 0.02;
