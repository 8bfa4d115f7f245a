/** What the kernel says of an interface, as it is now. rtnetlink(7), RTM_GETLINK. */
import * as linux from '../libc/constants.js';
import { Attributes } from './attributes.js';
import type { NetlinkMessage } from './messages.js';
import { IFINFOMSG, openRtnetlink } from './rtnetlink.js';
import type { NetworkNamespace } from '../namespace/netns.js';

export interface LinkState {
  /** Its own link address; empty where it has none. */
  readonly address: Uint8Array;
  /** What it is a port of: `bridge`, `bond`, `openvswitch`, `vrf`; undefined where of nothing. */
  readonly portOf: string | undefined;
}

/** A question line to one network namespace. Works without privileges. */
export interface LinkTable {
  /** @throws {SystemCallError} ENODEV where there is none of that number */
  link(index: number): LinkState;
  /** Idempotent. */
  close(): void;
}

/** Opens it in `netns`, or in the network namespace that the thread is in. */
export function openLinkTable(netns?: NetworkNamespace): LinkTable {
  const socket = openRtnetlink(netns);
  return {
    link: (index) => readLink(socket.ask({ type: linux.RTM_GETLINK, body: IFINFOMSG.write({ index }) })),
    close() {
      socket.close();
    },
  };
}

/** The state that an RTM_NEWLINK tells. */
function readLink({ body }: NetlinkMessage): LinkState {
  const attributes = new Attributes(body, IFINFOMSG.bytes);
  const kind = attributes.nested(linux.IFLA_LINKINFO).text(linux.IFLA_INFO_SLAVE_KIND);
  return {
    address: attributes.bytes(linux.IFLA_ADDRESS)?.slice() ?? new Uint8Array(0),
    portOf: attributes.has(linux.IFLA_MASTER) ? kind : undefined,
  };
}
