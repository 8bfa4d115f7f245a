/** What the driver needs of the world: a port that carries whole IP packets, and a clock. `linux` and `memory-port` implement them. */
import type { Socket } from 'node:net';
import type { HandOver } from '../tcp/index.js';
import type { Millis } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { IcmpError } from './icmp.js';

/** How packets get out: npm raw-socket, SOCK_RAW through libc, AF_PACKET, or memory for simulation. */
export type Transport = 'raw-socket' | 'libc' | 'packet' | 'memory';

/** Takes a listener away again; idempotent. */
export type Unsubscribe = () => void;

export interface AdoptOptions {
  /** The four-tuple; `src` is this side. */
  readonly flow: Flow;
  /** As of net.Socket. */
  readonly allowHalfOpen: boolean;
}

/** A packet that a port keeps back, and why, in a few words. */
export interface Refused {
  readonly packet: Uint8Array;
  readonly why: string;
}

/** Carries whole IP packets, one per call. */
export interface PacketPort {
  readonly transport: Transport;
  /** Sends one packet, as its bytes say. What goes wrong later reaches `onError`. */
  send(packet: Uint8Array): void;
  /**
   * Each received packet from its IP header on; the bytes are the listener's to keep. On IPv6 a raw socket is given
   * no IP header: the port puts one before the segment with the addresses and a hop limit of 0.
   */
  onPacket(listener: (packet: Uint8Array) => void): Unsubscribe;
  /** What goes wrong: for a packet that the kernel would not send, a `PacketNotSent`. */
  onError(listener: (error: Error) => void): Unsubscribe;
  /**
   * Hands over at once what has arrived by now, where the port can: on a link within one machine, the answer is there
   * before the system call that sent the question has returned.
   */
  poll?(): void;
  /** Resolves when the kernel has all that was sent; absent where `send` waits for that. */
  drained?(): Promise<void>;
  /** What ICMP says of packets of the flow, where the port can hear it. */
  onIcmp?(listener: (error: IcmpError) => void): Unsubscribe;
  /** What the host that the port stands on would not let its TCP see, and so is not handed on: for traces and counts. */
  onRefused?(listener: (refused: Refused) => void): Unsubscribe;
  /**
   * The MTU of the way to an address, as the kernel would take it now for a socket of its own: the route's, the link's, or what it
   * has heard of the path. undefined where no way leads there; absent where no kernel stands behind the port.
   */
  pathMtu?(destination: string): number | undefined;
  /**
   * Makes a socket of the kernel that receives these packets the owner of a connection; absent where no kernel stands
   * behind the port.
   * @throws {RawshakeError} RS_NO_PRIVILEGE, RS_NOT_ADOPTED; nothing has changed then
   */
  adopt?(connection: HandOver, options: AdoptOptions): Socket;
  /** Idempotent. */
  close(): void;
}

/**
 * Which four-tuples (`src` is this side) a socket of this host's kernel owns and answers for, by the look-up that the kernel does
 * for a packet. What could not be found out is owned: it is left alone.
 */
export type AreOwnedByKernel = (flows: readonly Flow[]) => readonly boolean[];

/** Time as the driver sees it; simulation brings its own. */
export interface Clock {
  /** Monotonic. */
  now(): Millis;
  /** Calls `wake` once, at `at` or soon after. */
  wakeAt(at: Millis, wake: () => void): Unsubscribe;
}
