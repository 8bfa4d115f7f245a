/** Which TCP socket of a host a segment is sent for, by its inode. sock_diag(7), inet_diag.c. */
import type { Flow } from '../../wire/flow.js';
import { familyOf } from '../libc/sockaddr.js';
import { SystemCallError } from '../libc/libc.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { NOBODYS } from './port-holders.js';
import { ANY, diagRequest, INET_DIAG_MSG } from './sock-diag-messages.js';

/**
 * Of the socket that owns `flow` (`src` is this host), or else of the listener that answers for its half-open entry; undefined where
 * there is none, or no descriptor leads to it. Asked over `line`, one to sock_diag.
 */
export function inodeOf(line: NetlinkSocket, flow: Flow, interfaceIndex: number): number | undefined {
  const listener: Flow = { ...flow, dst: ANY[familyOf(flow.dst)], dstPort: 0 };
  return ask(line, flow, interfaceIndex) ?? ask(line, listener, interfaceIndex);
}

function ask(line: NetlinkSocket, flow: Flow, interfaceIndex: number): number | undefined {
  try {
    const inode = INET_DIAG_MSG.read(line.ask(diagRequest(flow, interfaceIndex)).body)('inode');
    return inode === NOBODYS ? undefined : inode;
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
