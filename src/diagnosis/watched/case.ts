/** What a host that is watched shows of one connection at the moment at which something is to be said of it. */
import type { Flow } from '../../wire/flow.js';
import type { Host } from '../../evidence/host.js';
import type { Lookup } from '../../evidence/lookup.js';
import type { Moment } from '../../evidence/moment.js';
import type { ObservedPacket } from '../../evidence/packet.js';

/** The host that is watched, by its name in a recording; all others are `elsewhere`, and `beyond` it where it only forwards. */
export const HERE = 'here';
export const ELSEWHERE = 'elsewhere';
export const BEYOND = 'beyond';

/** A listener at the port that was asked for, though not where it was. */
export interface ListenerBeside {
  readonly address: string;
  readonly port: number;
  /** Left out: that could not be found out. */
  readonly program?: string;
}

interface Common {
  /** Whoever opened it first. */
  readonly hosts: readonly Host[];
  /** As the packet went that it is about; of an ICMP error, that which it quotes. */
  readonly flow: Flow;
  /** What was kept of it, in the order of time: the last of its packets is what it is about. */
  readonly moments: readonly Moment[];
}

/** A RST. */
export interface ResetCase extends Common {
  readonly type: 'reset';
  readonly reset: ObservedPacket;
  /** What it answers, by the last that came the other way, and how long after that in milliseconds; undefined: that was not seen. */
  readonly answered?: { readonly turn: 'syn' | 'syn-ack' | 'other'; readonly ms: number } | undefined;
  /** The SYN that opened the connection was made by hand, by a socket; undefined: that is not known. */
  readonly openedBy?: 'hand' | 'socket' | undefined;
  /** Why, in the kernel's word: `TCP_ABORT_ON_CLOSE`. */
  readonly reason?: string | undefined;
  /** The kernel's trace was there to say so. */
  readonly isTraced: boolean;
  /** Who owned the four-tuple when it was looked up, a little later. */
  readonly lookup?: Lookup | undefined;
  /** Of a SYN that was refused here. */
  readonly listeners: readonly ListenerBeside[];
}

/** A SYN that was sent again, or a SYN/ACK: the first of them got no answer. */
export interface RepeatedCase extends Common {
  readonly type: 'repeated';
  readonly turn: 'syn' | 'syn-ack';
  /** How often it was sent by now. */
  readonly count: number;
  /** A rule of this host has dropped a packet at the moment at which each of them passed. */
  readonly isDropped: boolean;
  /** Its TCP checksum is wrong. */
  readonly isDamaged?: boolean;
  /** Of this host's listener at that port: how many connections wait for accept(), and how many may. */
  readonly queue?: { readonly waiting: number; readonly most: number } | undefined;
}

/** An ICMP error about what was in flight. */
export interface UnreachableCase extends Common {
  readonly type: 'unreachable';
  /** Who says so. */
  readonly from: string;
  readonly isFromHere: boolean;
  readonly code: number;
}

export type WatchedCase = ResetCase | RepeatedCase | UnreachableCase;
