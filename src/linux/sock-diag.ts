/** Asks the kernel which TCP socket owns a four-tuple: the same look-up that it does for a packet. sock_diag(7), inet_diag.c. */
import { constants } from 'node:os';
import type { Flow } from '../wire/flow.js';
import type { Owner } from '../evidence/lookup.js';
import type { SocketRow } from '../evidence/socket-table.js';
import * as linux from './constants.js';
import { libc, SystemCallError } from './libc.js';
import type { NetworkNamespace } from './netns.js';
import { diagRequest, stateName } from './sock-diag-messages.js';
import { domainOf, familyOf } from './sockaddr.js';
import { dumpSockets } from './socket-dump.js';

const HEADER_BYTES = 16; // struct nlmsghdr

/** A question line to one network namespace. Works without privileges, on every kernel. */
export interface SocketTable {
  /** The state of the socket that owns `flow` (`src` is this host): established and half-open first, then listeners. */
  ownerOf(flow: Flow): Owner;
  /** Every socket. */
  all(family: 4 | 6): readonly SocketRow[];
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
      const domain = domainOf(familyOf(flow.src));
      const request = diagRequest({ domain, flags: linux.NLM_F_REQUEST, states: 0xffffffff, flow });
      libc('send', fd, request, request.byteLength, 0);
      libc('recv', fd, answer, answer.byteLength, 0);
      return readAnswer(answer);
    },
    all: (family) => dumpSockets(fd, family),
    close() {
      if (!open) return;
      open = false;
      libc('close', fd);
    },
  };
}

function readAnswer(answer: DataView): Owner {
  if (answer.getUint16(4, true) === linux.NLMSG_ERROR) {
    const errno = -answer.getInt32(HEADER_BYTES, true);
    if (errno === constants.errno.ENOENT) return 'none';
    throw new SystemCallError('sock_diag', errno);
  }
  return stateName(answer.getUint8(HEADER_BYTES + 1));
}
