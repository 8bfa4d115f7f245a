/** Asks the kernel which TCP socket owns a four-tuple: the same look-up that it does for a packet. sock_diag(7), inet_diag.c. */
import { constants } from 'node:os';
import type { Flow } from '../wire/flow.js';
import type { Owner } from '../evidence/lookup.js';
import type { TcpState } from '../tcp/types.js';
import * as linux from './constants.js';
import { libc, SystemCallError } from './libc.js';
import type { NetworkNamespace } from './netns.js';
import { addressBytes, domainOf, familyOf } from './sockaddr.js';

/** `<net/tcp_states.h>`, from 1; NEW_SYN_RECV is the kernel's name for a request socket, reported as SYN_RECV. */
const STATES: readonly TcpState[] = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
];

const HEADER_BYTES = 16; // struct nlmsghdr
const REQUEST_BYTES = HEADER_BYTES + 56; // struct inet_diag_req_v2
const NO_COOKIE = 0xffffffff;

/** A question line to one network namespace. Works without privileges, on every kernel. */
export interface SocketTable {
  /** The state of the socket that owns `flow` (`src` is this host): established and half-open first, then listeners. */
  ownerOf(flow: Flow): Owner;
  /** Idempotent. */
  close(): void;
}

/** Opens the question line, in `netns` where given. */
export function openSocketTable(netns?: NetworkNamespace): SocketTable {
  const { AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC, NETLINK_SOCK_DIAG } = linux;
  const openSocket = () => libc('socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  const fd = netns === undefined ? openSocket() : netns.run(openSocket);
  const answer = new DataView(new ArrayBuffer(1024));
  let open = true;
  return {
    ownerOf(flow) {
      const request = exactRequest(flow);
      libc('send', fd, request, request.byteLength, 0);
      libc('recv', fd, answer, answer.byteLength, 0);
      return readAnswer(answer);
    },
    close() {
      if (!open) return;
      open = false;
      libc('close', fd);
    },
  };
}

function exactRequest(flow: Flow): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(REQUEST_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, REQUEST_BYTES, true);
  view.setUint16(4, linux.SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, linux.NLM_F_REQUEST, true);
  view.setUint8(16, domainOf(familyOf(flow.src)));
  view.setUint8(17, linux.IPPROTO_TCP);
  view.setUint32(20, 0xffffffff, true); // every state
  view.setUint16(24, flow.srcPort);
  view.setUint16(26, flow.dstPort);
  bytes.set(addressBytes(flow.src), 28);
  bytes.set(addressBytes(flow.dst), 44);
  view.setUint32(64, NO_COOKIE, true);
  view.setUint32(68, NO_COOKIE, true);
  return bytes;
}

function readAnswer(answer: DataView): Owner {
  if (answer.getUint16(4, true) === linux.NLMSG_ERROR) {
    const errno = -answer.getInt32(HEADER_BYTES, true);
    if (errno === constants.errno.ENOENT) return 'none';
    throw new SystemCallError('sock_diag', errno);
  }
  return stateOf(answer.getUint8(HEADER_BYTES + 1));
}

/** The name of a state of <net/tcp_states.h>. */
export function stateOf(number: number): TcpState {
  const state = STATES[number - 1];
  if (state === undefined) throw new TypeError(`unknown TCP state ${String(number)}`);
  return state;
}
