/** Lists the TCP sockets of a network namespace, half-open and merely bound ones too. sock_diag(7), inet_diag.c. */
import type { SocketRow, SocketState } from '../evidence/socket-table.js';
import { formatIpv4Address, formatIpv6Address } from '../wire/index.js';
import * as linux from './constants.js';
import { libc, SystemCallError } from './libc.js';
import { diagRequest, stateName } from './sock-diag-messages.js';

/** What the kernel sends at a time, and more. */
const BUFFER_BYTES = 32_768;
const HEADER_BYTES = 16; // struct nlmsghdr
const TCP_BOUND_INACTIVE = 13;
/** 1 to 12, and 13 where the kernel knows it. */
const EVERY_STATE = (1 << (TCP_BOUND_INACTIVE + 1)) - 2;

/** Asks over `fd`, a line to sock_diag. In the kernel's order: bound, listening, then connected. */
export function dumpSockets(fd: number, family: 4 | 6): readonly SocketRow[] {
  const request = diagRequest({
    domain: family === 4 ? linux.AF_INET : linux.AF_INET6,
    flags: linux.NLM_F_REQUEST | linux.NLM_F_DUMP,
    states: EVERY_STATE,
  });
  libc('send', fd, request, request.byteLength, 0);
  const rows: SocketRow[] = [];
  const buffer = new DataView(new ArrayBuffer(BUFFER_BYTES));
  for (;;) {
    const length = libc('recv', fd, buffer, buffer.byteLength, 0);
    for (let at = 0; at + HEADER_BYTES <= length;) {
      const size = buffer.getUint32(at, true);
      const type = buffer.getUint16(at + 4, true);
      if (type === linux.NLMSG_DONE) return rows;
      if (type === linux.NLMSG_ERROR) throw new SystemCallError('sock_diag', -buffer.getInt32(at + HEADER_BYTES, true));
      rows.push(socketRow(new DataView(buffer.buffer, at + HEADER_BYTES, size - HEADER_BYTES), family));
      at += (size + 3) & ~3;
    }
  }
}

/** struct inet_diag_msg. */
function socketRow(message: DataView, family: 4 | 6): SocketRow {
  const address = (at: number): string =>
    family === 4
      ? formatIpv4Address(message.getUint32(at))
      : formatIpv6Address(new Uint8Array(message.buffer, message.byteOffset + at, 16));
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
