/** Follows one four-tuple in the socket tables of both hosts: asked again and again, it tells the states it went through. */
import type { EndName } from '../evidence/host.js';
import type { SocketTableSnapshot } from '../evidence/socket-table.js';
import type { TcpState } from '../tcp/types.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import type { Bench } from './bench/bench.js';

export class SocketTables {
  /** `flow` is seen from the client. */
  constructor(
    private readonly bench: Pick<Bench, 'lookup' | 'lookups' | 'sockets'>,
    private readonly flow: Flow,
  ) {}

  /** Asks both kernels now. */
  ask(): void {
    this.#ownerAt('client');
    this.#ownerAt('server');
  }

  #ownerAt(host: EndName) {
    return this.bench.lookup(host, host === 'client' ? this.flow : reverseFlow(this.flow));
  }

  /** Takes down all sockets of both hosts, of the flow's family. */
  snapshot(when: SocketTableSnapshot['when']): void {
    for (const host of ['client', 'server'] as const) this.bench.sockets(host, when);
  }

  /** Whether a host has no socket for this connection any more, but in TIME-WAIT; asks it. */
  isDone(host: EndName): boolean {
    const owner = this.#ownerAt(host);
    return owner === 'LISTEN' || owner === 'none' || owner === 'TIME_WAIT';
  }

  /** The states that a host's socket was seen in, in order; one that is gone again, or gave way to its listener, is CLOSE. */
  statesOf(host: EndName): readonly TcpState[] {
    const states: TcpState[] = [];
    for (const { host: asked, owner } of this.bench.lookups) {
      if (asked !== host || (owner === 'none' && states.length === 0)) continue;
      const gone = owner === 'none' || (owner === 'LISTEN' && states.some((state) => state !== 'LISTEN'));
      const state = gone ? 'CLOSE' : owner;
      if (states.at(-1) !== state) states.push(state);
    }
    return states;
  }
}
