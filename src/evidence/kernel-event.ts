/** What a kernel itself says that it did: a trace event of it, joined to the host and the flow that it concerns. */
import type { TcpState } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { HostName } from './host.js';

/** The events that are listened for, by the kernel's names. <trace/events/tcp.h>, skb.h, sock.h. */
export type KernelEventName =
  /** A RST is made: on behalf of the segment that it answers, or of a socket. */
  | 'tcp_send_reset'
  /** A RST has reached a socket. */
  | 'tcp_receive_reset'
  /** A segment came to its end otherwise than by being taken: `reason` says why. */
  | 'kfree_skb'
  /** A full socket changes its state; half-open entries are none. */
  | 'inet_sock_set_state'
  /** A segment with a wrong checksum was thrown away. */
  | 'tcp_bad_csum'
  | 'tcp_retransmit_skb'
  | 'tcp_retransmit_synack';

/** Fields that do not apply, or that this kernel does not tell, are left out. */
export interface KernelEvent extends Partial<Flow> {
  /** Monotonic milliseconds, to the microsecond. */
  readonly atMs: number;
  /** Whose kernel it was. */
  readonly host: HostName;
  readonly event: KernelEventName;
  /** The kernel's own word: `NO_SOCKET`. */
  readonly reason?: string;
  /** Where in the kernel: `tcp_v4_rcv`. */
  readonly function?: string;
  /** How it came there, the innermost function first, from the one that reported it. */
  readonly stack?: readonly string[];
  readonly oldState?: TcpState;
  readonly newState?: TcpState;
  /** Of a RST: that of the socket for which it is made. */
  readonly state?: TcpState;
  /** Identity of the packet while it lives: events with the same one, close to each other, are about the same packet. */
  readonly skb?: string;
  /** Identity of the socket while it lives. */
  readonly socket?: string;
}

/** A system call of a process, from its entry to its return. */
export interface SystemCall {
  /** When it was called: monotonic milliseconds. */
  readonly atMs: number;
  /** The process, or its thread. */
  readonly pid: number;
  /** The program's name, 15 characters of it at most: `nc`. */
  readonly program: string;
  /** Of a program that is not ours: where it runs. */
  readonly host?: HostName;
  /** `socket`, `bind`, `connect`, `listen`, `accept`, `accept4`. */
  readonly name: string;
  /** By the kernel's names, in its order and spelling; addresses of structures stay addresses. */
  readonly args: Readonly<Record<string, string>>;
  /** What it returned, negative errno included; undefined while it has not. */
  readonly result: number | undefined;
  /** The name of a negative one, where it is told of a program that is not ours. */
  readonly error?: string;
}
