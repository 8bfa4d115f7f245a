/** Lists the TCP sockets of a network namespace, half-open and merely bound ones too. sock_diag(7), inet_diag.c. */
import type { SocketRow, SocketState } from '../../evidence/socket-table.js';
import { addressText } from '../port/raw-flow.js';
import type { NetlinkMessage } from './messages.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { diagDump, INET_DIAG_MSG, stateName } from './sock-diag-messages.js';

/** Asks over `socket`, a line to sock_diag. In the kernel's order: bound, listening, then connected. */
export const dumpSockets = (socket: NetlinkSocket, family: 4 | 6): readonly SocketRow[] =>
  socket.list(diagDump(family), (message) => socketRow(message, family));

/** What an inet_diag_msg tells. */
export function socketRow({ body }: NetlinkMessage, family: 4 | 6): SocketRow {
  const field = INET_DIAG_MSG.read(body);
  const address = (name: 'src' | 'dst'): string => addressText(field(name).subarray(0, family === 4 ? 4 : 16));
  return {
    state: stateOf(field('state')),
    src: address('src'),
    srcPort: field('srcPort'),
    dst: address('dst'),
    dstPort: field('dstPort'),
    receiveQueue: field('receiveQueue'),
    sendQueue: field('sendQueue'),
  };
}

/** No closed socket is in the kernel's tables but those that are bound. */
function stateOf(number: number): SocketState {
  const state = stateName(number);
  return state === 'CLOSE' ? 'BOUND_INACTIVE' : state;
}
