/** How many TCP sockets a host has at a port, by state: a dump of its socket table. sock_diag(7), inet_diag.c. */
import type { NetworkNamespace } from '../namespace/netns.js';
import { openSockDiag } from './sock-diag.js';
import { diagDump, INET_DIAG_MSG, stateName } from './sock-diag-messages.js';

export interface SocketCensus {
  /** All that are not listeners: half-open, established, closing, in TIME_WAIT. */
  readonly connections: number;
  /** Completed connections that wait in the accept queues of the listeners. */
  readonly unaccepted: number;
}

/** Counts the IPv4 sockets whose local port is `port`. Works without privileges. */
export const countSockets = (netns: NetworkNamespace, port: number): SocketCensus =>
  openSockDiag(netns).use((socket) => {
    let [connections, unaccepted] = [0, 0];
    for (const { body } of socket.dump(diagDump(4, port))) {
      const field = INET_DIAG_MSG.read(body);
      if (stateName(field('state')) === 'LISTEN') unaccepted += field('receiveQueue');
      else connections++;
    }
    return { connections, unaccepted };
  });
