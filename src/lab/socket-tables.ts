/** Follows one four-tuple in the socket tables of both hosts: asked again and again, it tells the states it went through. */
import type { Lookup } from '../evidence/lookup.js';
import type { TcpState } from '../tcp/types.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import type { Lab } from './lab.js';

export class SocketTables {
  readonly lookups: Lookup[] = [];

  /** `flow` is seen from the client. */
  constructor(
    private readonly lab: Lab,
    private readonly flow: Flow,
  ) {}

  /** Asks both kernels now. */
  ask(): void {
    this.lookups.push(this.lab.client.lookup(this.flow));
    this.#askServer();
  }

  #askServer(): Lookup {
    const lookup = this.lab.server.lookup(reverseFlow(this.flow));
    this.lookups.push(lookup);
    return lookup;
  }

  /** Whether the server has no socket for this connection any more; asks it. */
  serverIsDone(): boolean {
    const { owner } = this.#askServer();
    return owner === 'LISTEN' || owner === 'none';
  }

  /** The states that the server was seen in, in order; a connection that gives way to the listener again is CLOSE. */
  serverStates(): readonly TcpState[] {
    const states: TcpState[] = [];
    for (const { host, owner } of this.lookups) {
      if (host !== 'server') continue;
      const gone = owner === 'none' || (owner === 'LISTEN' && states.some((state) => state !== 'LISTEN'));
      const state = gone ? 'CLOSE' : owner;
      if (states.at(-1) !== state) states.push(state);
    }
    return states;
  }
}
