/** What a connection has learnt of its path's MTU since its handshake, and who has told. RFC 9293 §3.7.5. */
import { type IcmpError, isTooBig } from '../driver/icmp.js';
import { isTooLong } from '../driver/not-sent.js';
import { mtuFor } from '../driver/path-mtu.js';
import type { TraceEntry } from '../driver/trace.js';
import type { PathMtu } from '../evidence/connection.js';
import type { Tcb } from '../tcp/index.js';
import { SizesTried } from './sizes-tried.js';

export class PathMtuFound {
  #reported: IcmpError | undefined;
  #refusedHere = false;
  readonly #tried = new SizesTried();

  /** As `onTrace` of the connection. */
  readonly hear = (entry: TraceEntry): void => {
    this.#tried.hear(entry);
    if (entry.type === 'icmp' && isTooBig(entry.error)) this.#reported = entry.error;
    if (entry.type === 'port-error' && isTooLong(entry.error)) this.#refusedHere = true;
  };

  /** undefined: segments are as large as the handshake agreed on, or smaller ones were tried and it is not known that they helped. */
  of({ sendMss, agreedMss }: Tcb, version: 4 | 6): PathMtu | undefined {
    if (sendMss >= agreedMss) return undefined;
    const mtu = mtuFor(sendMss, version);
    // A smaller size than was told is one that was tried.
    const reported = this.#reported;
    if (reported !== undefined && (reported.mtu ?? 0) <= mtu) return { mtu, by: 'icmp', from: reported.from };
    if (this.#refusedHere) return { mtu, by: 'link' };
    return this.#tried.hasHelped(sendMss) ? { mtu, by: 'smaller-segments' } : undefined;
  }
}
