/** What a network namespace has: its addresses, and its interfaces by their numbers. rtnetlink(7), RTM_GETADDR, RTM_GETLINK. */
import * as linux from '../libc/constants.js';
import { addressText } from '../port/raw-flow.js';
import { textIn } from './bytes.js';
import { Attributes } from './attributes.js';
import type { NetlinkSocket } from './netlink-socket.js';
import { IFADDRMSG, IFINFOMSG } from './rtnetlink.js';

/** Of all interfaces, whether they are up or not. Works without privileges. */
export const ownAddresses = (rtnetlink: NetlinkSocket): readonly string[] =>
  rtnetlink.list({ type: linux.RTM_GETADDR, body: IFADDRMSG.write({}) }, ({ body }) => {
    const attributes = new Attributes(body, IFADDRMSG.bytes);
    // Of a point-to-point link the other is the far end's.
    const address = attributes.bytes(linux.IFA_LOCAL) ?? attributes.bytes(linux.IFA_ADDRESS);
    return address === undefined ? undefined : addressText(address);
  });

export const linkNames = (rtnetlink: NetlinkSocket): ReadonlyMap<number, string> =>
  new Map(
    rtnetlink.list({ type: linux.RTM_GETLINK, body: IFINFOMSG.write({}) }, ({ body }) => {
      const name = new Attributes(body, IFINFOMSG.bytes).bytes(linux.IFLA_IFNAME);
      return name === undefined ? undefined : ([IFINFOMSG.read(body)('index'), textIn(name)] as const);
    }),
  );
