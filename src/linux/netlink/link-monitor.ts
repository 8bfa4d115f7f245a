/**
 * Tells when a link is gone: deleted, or moved to another network namespace. A socket that is bound to it then hears nothing for
 * ever, and where it is a raw one the kernel says nothing (SO_BINDTODEVICE, by number); a new link of that name is another.
 */
import * as linux from '../libc/constants.js';
import { onAnnounced } from './monitor.js';
import { IFINFOMSG } from './rtnetlink.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nameOfInterface, type Zone } from '../port/zone.js';

/** Calls back once, in a turn of the event loop after the link of `netns` has gone, until it is ended. rtnetlink(7), RTM_DELLINK */
export function onLinkGone({ index }: Zone, listener: () => void, netns?: NetworkNamespace): () => void {
  const isThere = (): boolean => {
    const look = () => nameOfInterface(index) !== undefined;
    return netns === undefined ? look() : netns.run(look);
  };
  const end = onAnnounced(
    {
      protocol: linux.NETLINK_ROUTE,
      group: linux.RTNLGRP_LINK,
      isWanted: ({ type, body }) => {
        if (type !== linux.RTM_DELLINK || body.length < IFINFOMSG.bytes) return false;
        const field = IFINFOMSG.read(body);
        return field('index') === index && field('family') === linux.AF_UNSPEC; // of another it has only left a bridge
      },
    },
    (how) => {
      if (how === 'lost' && isThere()) return;
      end();
      listener();
    },
    netns,
  );
  return end;
}
