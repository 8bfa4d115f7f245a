/** What the kernel says of an interface, as it is now. rtnetlink(7), RTM_GETLINK. */
import * as linux from '../libc/constants.js';
import { attributesIn, bodyOf, type NetlinkMessage, requestMessage, viewOf } from './messages.js';
import { NetlinkSocket } from './netlink-socket.js';
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

const MESSAGE_BYTES = 16; // struct ifinfomsg
const INDEX = 4;

/** Opens it in `netns`, or in the network namespace that the thread is in. */
export function openLinkTable(netns?: NetworkNamespace): LinkTable {
  const socket = new NetlinkSocket({ number: linux.NETLINK_ROUTE, name: 'rtnetlink' }, netns);
  return {
    link(index) {
      const body = new Uint8Array(MESSAGE_BYTES);
      viewOf(body).setInt32(INDEX, index, true);
      return readLink(socket.ask(requestMessage({ type: linux.RTM_GETLINK, body })));
    },
    close() {
      socket.close();
    },
  };
}

/** The state that an RTM_NEWLINK tells. */
function readLink(answer: NetlinkMessage): LinkState {
  bodyOf(answer, MESSAGE_BYTES);
  const attributes = attributesIn(answer.body, MESSAGE_BYTES);
  const info = attributes.get(linux.IFLA_LINKINFO);
  const kind = info && attributesIn(info, 0).get(linux.IFLA_INFO_SLAVE_KIND);
  return {
    address: attributes.get(linux.IFLA_ADDRESS)?.slice() ?? new Uint8Array(0),
    portOf: attributes.has(linux.IFLA_MASTER) ? textOf(kind ?? new Uint8Array(0)) : undefined,
  };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, '');
