/** How many TCP sockets a host has at a port, by state: a dump of its socket table. sock_diag(7), inet_diag.c. */
import * as linux from '../libc/constants.js';
import { bodyOf } from './messages.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { openSockDiag } from './sock-diag.js';
import { DIAG_MESSAGE_BYTES, diagRequest } from './sock-diag-messages.js';

// struct inet_diag_msg
const STATE_AT = 1;
const RECEIVE_QUEUE_AT = 56;
const LISTEN = 10;

export interface SocketCensus {
  /** All that are not listeners: half-open, established, closing, in TIME_WAIT. */
  readonly connections: number;
  /** Completed connections that wait in the accept queues of the listeners. */
  readonly unaccepted: number;
}

/** Counts the IPv4 sockets whose local port is `port`. Works without privileges. */
export function countSockets(netns: NetworkNamespace, port: number): SocketCensus {
  const socket = openSockDiag(netns);
  try {
    let [connections, unaccepted] = [0, 0];
    socket.dump(requestFor(port), (message) => {
      const row = bodyOf(message, DIAG_MESSAGE_BYTES);
      if (row.getUint8(STATE_AT) === LISTEN) unaccepted += row.getUint32(RECEIVE_QUEUE_AT, true);
      else connections++;
    });
    return { connections, unaccepted };
  } finally {
    socket.close();
  }
}

/** In a dump, no address and port 0 stand for any. */
const requestFor = (port: number): Uint8Array =>
  diagRequest({
    domain: linux.AF_INET,
    flags: linux.NLM_F_REQUEST | linux.NLM_F_DUMP,
    states: 0xffffffff,
    flow: { src: '0.0.0.0', srcPort: port, dst: '0.0.0.0', dstPort: 0 },
  });
