/** How many TCP sockets a host has at a port, by state: a dump of its socket table. sock_diag(7), inet_diag.c. */
import { constants } from 'node:os';
import * as linux from './constants.js';
import { libc, SystemCallError } from './libc.js';
import type { NetworkNamespace } from './netns.js';

// struct nlmsghdr, struct inet_diag_req_v2, struct inet_diag_msg
const HEADER_BYTES = 16;
const REQUEST_BYTES = HEADER_BYTES + 56;
const STATE_AT = HEADER_BYTES + 1;
const RECEIVE_QUEUE_AT = HEADER_BYTES + 56;
const LISTEN = 10;
const ANSWER_BYTES = 1 << 16;

export interface SocketCensus {
  /** All that are not listeners: half-open, established, closing, in TIME_WAIT. */
  readonly connections: number;
  /** Completed connections that wait in the accept queues of the listeners. */
  readonly unaccepted: number;
}

/** Counts the IPv4 sockets whose local port is `port`. Works without privileges. */
export function countSockets(netns: NetworkNamespace, port: number): SocketCensus {
  const { AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC, NETLINK_SOCK_DIAG } = linux;
  const fd = netns.run(() => libc('socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  try {
    const request = dumpRequest(port);
    libc('send', fd, request, request.byteLength, 0);
    const answer = new DataView(new ArrayBuffer(ANSWER_BYTES));
    let [connections, unaccepted] = [0, 0];
    for (;;) {
      const end = libc('recv', fd, answer, answer.byteLength, 0);
      for (let at = 0; at + HEADER_BYTES <= end; at += (answer.getUint32(at, true) + 3) & ~3) {
        const type = answer.getUint16(at + 4, true);
        if (type === linux.NLMSG_DONE) return { connections, unaccepted };
        if (type === linux.NLMSG_ERROR) throw new SystemCallError('sock_diag', errnoAt(answer, at));
        if (answer.getUint8(at + STATE_AT) === LISTEN) unaccepted += answer.getUint32(at + RECEIVE_QUEUE_AT, true);
        else connections++;
      }
    }
  } finally {
    libc('close', fd);
  }
}

const errnoAt = (answer: DataView, at: number): number =>
  -answer.getInt32(at + HEADER_BYTES, true) || constants.errno.EIO;

function dumpRequest(port: number): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(REQUEST_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, REQUEST_BYTES, true);
  view.setUint16(4, linux.SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, linux.NLM_F_REQUEST | linux.NLM_F_DUMP, true);
  view.setUint8(HEADER_BYTES, linux.AF_INET);
  view.setUint8(HEADER_BYTES + 1, linux.IPPROTO_TCP);
  view.setUint32(HEADER_BYTES + 4, 0xffffffff, true); // every state
  view.setUint16(HEADER_BYTES + 8, port);
  return bytes;
}
