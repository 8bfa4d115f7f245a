/** Tells when somebody deletes rules: nf_tables announces every change to those who have joined its group. nfnetlink. */
import { constants } from 'node:os';
import * as linux from './constants.js';
import { closeInBackground, libc, libcNonBlocking, SystemCallError } from './libc.js';
import type { NetworkNamespace } from './netns.js';
import { watchReadable } from './reactor.js';
import { setOption } from './socket.js';

/** What the kernel sends at a time (NLMSG_GOODSIZE), and more. */
const BUFFER_BYTES = 32_768;

/** A message whose loss leaves the rule's fate open. */
const DELETIONS: readonly number[] = [linux.NFT_MSG_DELTABLE, linux.NFT_MSG_DELCHAIN, linux.NFT_MSG_DELRULE].map(
  (type) => (linux.NFNL_SUBSYS_NFTABLES << 8) | type,
);

/** Calls back in a turn of the event loop after rules, chains or tables of `netns` were deleted, until it is ended. */
export function onRulesDeleted(listener: () => void, netns?: NetworkNamespace): () => void {
  const { AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC, SOCK_NONBLOCK, NETLINK_NETFILTER } = linux;
  const open = () => libc('socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
  const fd = netns === undefined ? open() : netns.run(open);
  libc('bind', fd, anyPort(), SOCKADDR_NL_BYTES); // a socket without a port hears nothing
  setOption(fd, linux.SOL_NETLINK, linux.NETLINK_ADD_MEMBERSHIP, linux.NFNLGRP_NFTABLES);
  const buffer = new DataView(new ArrayBuffer(BUFFER_BYTES));
  const onReadable = (): void => {
    if (readDeletions(fd, buffer)) listener();
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

const SOCKADDR_NL_BYTES = 12;

/** struct sockaddr_nl: the kernel chooses the port. netlink(7). */
function anyPort(): DataView {
  const address = new DataView(new ArrayBuffer(SOCKADDR_NL_BYTES));
  address.setUint16(0, linux.AF_NETLINK, true);
  return address;
}

/** Reads all that is there; whether a deletion was among it, or may have been. */
function readDeletions(fd: number, buffer: DataView): boolean {
  let deleted = false;
  for (;;) {
    let length: number | undefined;
    try {
      length = libcNonBlocking('recv', fd, buffer, buffer.byteLength, 0);
    } catch (error) {
      // More than the socket could hold: some were lost.
      if (!(error instanceof SystemCallError && error.errno === constants.errno.ENOBUFS)) throw error;
      deleted = true;
      continue;
    }
    if (length === undefined) return deleted;
    if (hasDeletion(buffer, length)) deleted = true;
  }
}

const HEADER_BYTES = 16; // struct nlmsghdr

function hasDeletion(messages: DataView, length: number): boolean {
  for (let at = 0; at + HEADER_BYTES <= length;) {
    if (DELETIONS.includes(messages.getUint16(at + 4, true))) return true;
    const size = messages.getUint32(at, true);
    if (size < HEADER_BYTES) return false;
    at += (size + 3) & ~3;
  }
  return false;
}
