/** Asks the kernel which TCP socket owns a four-tuple: the same look-up that it does for a packet. sock_diag(7), inet_diag.c. */
import type { Flow } from '../../wire/flow.js';
import type { Owner } from '../../evidence/lookup.js';
import type { SocketRow } from '../../evidence/socket-table.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import { NetlinkSocket } from './netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { diagRequest, INET_DIAG_MSG, stateName } from './sock-diag-messages.js';
import { dumpSockets } from './socket-dump.js';

/** A question line to one network namespace. Works without privileges, on every kernel. */
export interface SocketTable {
  /**
   * The state of the socket that owns `flow` (`src` is this host): established and half-open first, then listeners.
   * @param interfaceIndex by which its packets come: sockets that are bound to that are found, too
   */
  ownerOf(flow: Flow, interfaceIndex?: number): Owner;
  /** Every socket. */
  all(family: 4 | 6): readonly SocketRow[];
  /** Idempotent. */
  close(): void;
}

/** Opens the question line, in `netns` where given. */
export function openSocketTable(netns?: NetworkNamespace): SocketTable {
  const socket = openSockDiag(netns);
  return {
    ownerOf(flow, interfaceIndex) {
      try {
        return stateName(INET_DIAG_MSG.read(socket.ask(diagRequest(flow, interfaceIndex)).body)('state'));
      } catch (error) {
        if (error instanceof SystemCallError && error.code === 'ENOENT') return 'none';
        throw error;
      }
    },
    all: (family) => dumpSockets(socket, family),
    close() {
      socket.close();
    },
  };
}

/** The line itself. */
export const openSockDiag = (netns?: NetworkNamespace): NetlinkSocket =>
  new NetlinkSocket({ number: linux.NETLINK_SOCK_DIAG, name: 'sock_diag' }, netns);
