/** What was seen at one moment of a run, whoever saw it: what reports draw and findings are made of. */
import type { Text } from '../error.js';
import type { SegmentFormat } from '../wire/index.js';
import type { HostName } from './host.js';
import type { KernelEvent, SystemCall } from './kernel-event.js';
import type { Lookup } from './lookup.js';
import type { ObservedPacket } from './packet.js';

export type Moment = {
  /** Milliseconds since the first packet, or, where there is none, since whatever came first; negative before it. */
  readonly ms: number;
  /** Whether it says something that no other does: reports in which little finds room show these alone. */
  readonly isTelling: boolean;
} & (
  | { readonly type: 'scene'; readonly title: Text }
  | PacketMoment
  /** A RST of a kernel that the filter dropped: it never passed the link. `isTimed`: the kernel's trace has told when. */
  | { readonly type: 'dropped'; readonly host: HostName; readonly isTimed: boolean }
  /** The kernel owns the connection from here on. */
  | { readonly type: 'adopted'; readonly host: HostName }
  | LookupMoment
  /** `port`: the host's own, where there is more than one connection to tell apart. */
  | { readonly type: 'event'; readonly event: KernelEvent; readonly port?: number }
  | { readonly type: 'call'; readonly call: SystemCall }
  /** Many segments of data and their acknowledgments in a row, either way; made by `withBulkSummed`. */
  | { readonly type: 'bulk'; readonly segments: number; readonly bytes: number }
  /** So many packets were not kept here; `others`: and so many moments of other types. */
  | { readonly type: 'left-out'; readonly packets: number; readonly others?: number }
);

export type MomentOf<Type extends Moment['type']> = Extract<Moment, { readonly type: Type }>;

export interface PacketMoment {
  readonly type: 'packet';
  readonly packet: ObservedPacket;
  /** What its sequence numbers count from. */
  readonly numbers: SegmentFormat;
  /** Ports at either end, where there is more than one to tell apart; always where a host talks to itself. */
  readonly fromPort?: number;
  readonly toPort?: number;
}

export interface LookupMoment {
  readonly type: 'lookup';
  readonly lookup: Lookup;
  /** Of LISTEN where there was a connection: the listener has forgotten it half-open, or it is closed. */
  readonly gone?: 'half-open' | 'closed';
  /** Whether the run's look-ups differ in the remote port, so that it is to be told. */
  readonly tellRemotePort: boolean;
}

/** Whose it is: of a packet, who sent it. A heading is nobody's, and of a call it is not told. */
export function hostOf(moment: Moment): HostName | undefined {
  switch (moment.type) {
    case 'packet':
      return moment.packet.from;
    case 'dropped':
    case 'adopted':
      return moment.host;
    case 'lookup':
      return moment.lookup.host;
    case 'event':
      return moment.event.host;
    case 'scene':
    case 'call':
    case 'bulk':
    case 'left-out':
      return undefined;
  }
}
