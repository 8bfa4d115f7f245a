/** The TCP sockets of a host at a moment, as ss and netstat show them. */
import type { TcpState } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import type { HostName } from './host.js';

/** `BOUND_INACTIVE`: bound to a port, and neither listening nor connected; shown by newer kernels only (about 6.8). */
export type SocketState = TcpState | 'BOUND_INACTIVE';

/** One socket. `src` is this host; an address of zeros and port 0 stand for any. */
export interface SocketRow extends Flow {
  readonly state: SocketState;
  /** Recv-Q: bytes that its program has not read yet; of a listener, connections that wait for accept(). */
  readonly receiveQueue: number;
  /** Send-Q: bytes not acknowledged yet; of a listener, how many connections may wait. */
  readonly sendQueue: number;
}

export interface SocketTableSnapshot {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly host: HostName;
  /** At which point of the run. */
  readonly when: 'before' | 'during' | 'after';
  /** IPv4 first; listeners, connections, half-open ones, TIME_WAIT, and merely bound ones where the kernel tells. */
  readonly rows: readonly SocketRow[];
}
