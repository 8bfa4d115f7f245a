/** A look-up: what a host's kernel answers when asked for the socket that owns a four-tuple. */
import type { Flow } from '../wire/flow.js';
import type { TcpState } from '../tcp/types.js';
import type { HostName } from './host.js';

/** `none`: no socket owns it, so the kernel answers every segment of it with RST. */
export type Owner = TcpState | 'none';

/** The question and its answer, at a moment of the run's time line. `flow.src` is the host that was asked. */
export interface Lookup extends Flow {
  /** Monotonic milliseconds. */
  readonly atMs: number;
  readonly host: HostName;
  readonly owner: Owner;
  /** By which kinds of sockets that programs have what comes for the flow could be read by hand; left out: they have none, or it was not asked. */
  readonly readers?: readonly ('raw' | 'packet')[];
}
