/** Lists the TCP sockets of a network namespace, half-open and merely bound ones too. sock_diag(7), inet_diag.c. */
import type { SocketRow, SocketState } from '../../evidence/socket-table.js';
import { formatIpv4Address, formatIpv6Address } from '../../wire/index.js';
import * as linux from '../libc/constants.js';
import { bodyOf, type NetlinkMessage } from './messages.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { DIAG_MESSAGE_BYTES, diagRequest, stateName } from './sock-diag-messages.js';

const TCP_BOUND_INACTIVE = 13;
/** 1 to 12, and 13 where the kernel knows it. */
export const EVERY_STATE = (1 << (TCP_BOUND_INACTIVE + 1)) - 2;

/** Asks over `socket`, a line to sock_diag. In the kernel's order: bound, listening, then connected. */
export function dumpSockets(socket: NetlinkSocket, family: 4 | 6): readonly SocketRow[] {
  const request = diagRequest({
    domain: family === 4 ? linux.AF_INET : linux.AF_INET6,
    flags: linux.NLM_F_REQUEST | linux.NLM_F_DUMP,
    states: EVERY_STATE,
  });
  const rows: SocketRow[] = [];
  socket.dump(request, (message) => rows.push(socketRow(message, family)));
  return rows;
}

/** struct inet_diag_msg. */
export function socketRow(answer: NetlinkMessage, family: 4 | 6): SocketRow {
  const message = bodyOf(answer, DIAG_MESSAGE_BYTES);
  const address = (at: number): string =>
    family === 4 ? formatIpv4Address(message.getUint32(at)) : formatIpv6Address(answer.body.slice(at, at + 16));
  return {
    state: stateOf(message.getUint8(1)),
    src: address(8),
    srcPort: message.getUint16(4),
    dst: address(24),
    dstPort: message.getUint16(6),
    receiveQueue: message.getUint32(56, true),
    sendQueue: message.getUint32(60, true),
  };
}

/** No closed socket is in the kernel's tables but those that are bound. */
function stateOf(number: number): SocketState {
  const state = stateName(number);
  return state === 'CLOSE' ? 'BOUND_INACTIVE' : state;
}
