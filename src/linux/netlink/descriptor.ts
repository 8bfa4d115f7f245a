/** Descriptors of netlink sockets, and the address that they are given. netlink(7). */
import * as linux from '../libc/constants.js';
import { libc } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { Structure, u16, u32 } from './structure.js';

/** struct sockaddr_nl. Any process of root's may send to a socket; the kernel is port 0. */
export const SOCKADDR_NL = new Structure(12, { family: u16(0), port: u32(4) });

/** Without a port: to connect to, the kernel; to bind to, whichever port the kernel chooses. */
export const NO_PORT = SOCKADDR_NL.write({ family: linux.AF_NETLINK });

/** `protocol`: NETLINK_…; in `netns`, or in the network namespace that the thread is in. `flags`: SOCK_… */
export function openNetlink(protocol: number, netns: NetworkNamespace | undefined, flags = 0): number {
  const open = () => libc('socket', linux.AF_NETLINK, linux.SOCK_RAW | linux.SOCK_CLOEXEC | flags, protocol);
  return netns === undefined ? open() : netns.run(open);
}
