/** Tells when somebody deletes rules: nf_tables announces every change to those who have joined its group. nfnetlink. */
import * as linux from '../libc/constants.js';
import { onAnnounced } from '../netlink/monitor.js';
import type { NetworkNamespace } from '../namespace/netns.js';

/** A message whose loss leaves the rule's fate open. */
const DELETIONS: readonly number[] = [linux.NFT_MSG_DELTABLE, linux.NFT_MSG_DELCHAIN, linux.NFT_MSG_DELRULE].map(
  (type) => (linux.NFNL_SUBSYS_NFTABLES << 8) | type,
);

/** Calls back in a turn of the event loop after rules, chains or tables of `netns` were deleted, or may have been, until it is ended. */
export const onRulesDeleted = (listener: () => void, netns?: NetworkNamespace): (() => void) =>
  onAnnounced(
    {
      protocol: linux.NETLINK_NETFILTER,
      group: linux.NFNLGRP_NFTABLES,
      isWanted: ({ type }) => DELETIONS.includes(type),
    },
    () => {
      listener();
    },
    netns,
  );
