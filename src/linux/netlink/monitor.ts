/** Hears what the kernel announces to all who have joined a group: of rules, of links. netlink(7). */
import { constants } from 'node:os';
import * as linux from '../libc/constants.js';
import { closeInBackground, libc, libcNonBlocking, SystemCallError } from '../libc/libc.js';
import { NO_PORT, openNetlink } from './descriptor.js';
import { messagesIn, type NetlinkMessage } from './messages.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { watchReadable } from '../libc/reactor.js';
import { setOption } from '../libc/socket.js';

/** What the kernel sends at a time (NLMSG_GOODSIZE), and more. */
const BUFFER_BYTES = 32_768;

export interface Announcements {
  /** NETLINK_…, and the number of one of its groups. */
  readonly protocol: number;
  readonly group: number;
  /** Whether a message is one that is waited for. */
  readonly isWanted: (message: NetlinkMessage) => boolean;
}

/**
 * Calls back in a turn of the event loop after such a message came from `netns`, until it is ended; `lost`: or may have come, for
 * there was no room for all.
 */
export function onAnnounced(
  { protocol, group, isWanted }: Announcements,
  listener: (how: 'heard' | 'lost') => void,
  netns?: NetworkNamespace,
): () => void {
  const fd = openNetlink(protocol, netns, linux.SOCK_NONBLOCK);
  libc('bind', fd, NO_PORT, NO_PORT.length); // a socket without a port hears nothing
  setOption(fd, linux.SOL_NETLINK, linux.NETLINK_ADD_MEMBERSHIP, group);
  const buffer = new Uint8Array(new ArrayBuffer(BUFFER_BYTES));
  const onReadable = (): void => {
    const how = readAll(fd, buffer, isWanted);
    if (how !== undefined) listener(how);
  };
  const watch = watchReadable(fd, onReadable, { idle: true });
  let watching = true;
  return () => {
    if (!watching) return;
    watching = false;
    watch.close();
    closeInBackground(fd); // the kernel lets go of deleted tables first, an RCU grace period
  };
}

/** Reads all that is there; undefined where nothing that is waited for was among it. */
function readAll(fd: number, buffer: Uint8Array, isWanted: Announcements['isWanted']): 'heard' | 'lost' | undefined {
  let how: 'heard' | 'lost' | undefined;
  for (;;) {
    let length: number | undefined;
    try {
      length = libcNonBlocking('recv', fd, buffer, buffer.byteLength, 0);
    } catch (error) {
      // More than the socket could hold: some were lost.
      if (!(error instanceof SystemCallError && error.errno === constants.errno.ENOBUFS)) throw error;
      how ??= 'lost';
      continue;
    }
    if (length === undefined) return how;
    if (messagesIn(buffer.subarray(0, length), { mayBeCut: true }).some(isWanted)) how = 'heard';
  }
}
