/** All that was seen of one run, from all that can see: the record that reports are made of. */
import type { Text } from '../error.js';
import type { CounterDifferences } from './counters.js';
import type { Host, HostName } from './host.js';
import type { KernelEvent, SystemCall } from './kernel-event.js';
import type { Lookup } from './lookup.js';
import type { Missing } from './missing.js';
import type { ObservedPacket, Sender, SendingProgram, SentFor } from './packet.js';
import type { SocketTableSnapshot } from './socket-table.js';

/** The beginning of a part of the run: one of several cases, each with a connection of its own. */
export interface Scene {
  readonly atMs: number;
  readonly title: Text;
}

export interface Evidence {
  /** In the order in which they are drawn. */
  readonly hosts: readonly Host[];
  readonly packets: readonly ObservedPacket[];
  readonly lookups: readonly Lookup[];
  readonly kernel: readonly KernelEvent[];
  readonly systemCalls: readonly SystemCall[];
  readonly sockets: readonly SocketTableSnapshot[];
  readonly counters: CounterDifferences;
  readonly frames: readonly ObservedFrame[];
  readonly scenes: readonly Scene[];
  /** What could not be seen here, and why. */
  readonly missing: readonly Missing[];
}

/** A frame as it passed the link, or a host's loopback. */
export interface ObservedFrame {
  /** Milliseconds since the epoch, with fractions. */
  readonly epochMs: number;
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
  readonly from: HostName;
  readonly to: HostName;
  readonly sender: Sender;
  readonly program?: SendingProgram;
  readonly sentFor?: SentFor;
}
