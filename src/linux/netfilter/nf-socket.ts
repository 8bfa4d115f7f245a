/** A line to the kernel's netfilter. <linux/netfilter/nfnetlink.h>. */
import { NETLINK_NETFILTER } from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import { NetlinkSocket } from '../netlink/netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { kernelHasNo, notInKernel } from '../libc/not-in-kernel.js';

/**
 * In `netns`, or where one stands. `subsystem`: what is asked of it, by the name that errors are to have.
 * @throws {RawshakeError} RS_NOT_IN_KERNEL
 */
export function openNfSocket(subsystem: string, netns?: NetworkNamespace): NetlinkSocket {
  try {
    return new NetlinkSocket({ number: NETLINK_NETFILTER, name: subsystem }, netns);
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EPROTONOSUPPORT')
      throw notInKernel(kernelHasNo(subsystem), error);
    throw error;
  }
}
