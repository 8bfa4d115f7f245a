/** A line to rtnetlink, and the structures that its messages begin with. rtnetlink(7), <linux/rtnetlink.h>. */
import * as linux from '../libc/constants.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { NetlinkSocket } from './netlink-socket.js';
import { i32, Structure, u16, u32, u8 } from './structure.js';

/** In `netns`, or in the network namespace that the thread is in. Asking works without privileges. */
export const openRtnetlink = (netns?: NetworkNamespace): NetlinkSocket =>
  new NetlinkSocket({ number: linux.NETLINK_ROUTE, name: 'rtnetlink' }, netns);

/** `change`: which of the flags are meant. */
export const IFINFOMSG = new Structure(16, { family: u8(0), index: i32(4), flags: u32(8), change: u32(12) });

export const IFADDRMSG = new Structure(8, { family: u8(0), prefixBits: u8(1), flags: u8(2), index: u32(4) });

export const RTMSG = new Structure(12, {
  ...{ family: u8(0), dstBits: u8(1), srcBits: u8(2) },
  ...{ table: u8(4), protocol: u8(5), scope: u8(6), type: u8(7) },
});

export const NDMSG = new Structure(12, { family: u8(0), index: i32(4), state: u16(8) });
