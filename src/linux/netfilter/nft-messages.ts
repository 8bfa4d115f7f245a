/** Requests to nf_tables, alone and as transactions. <linux/netfilter/nf_tables.h>. */
import type { NftFamily } from '../../filter/ports.js';
import * as linux from '../libc/constants.js';
import { joined } from '../netlink/messages.js';
import { type NfAttribute, nfMessage } from './nf-messages.js';

export const NFT_FAMILIES: Readonly<Record<NftFamily, number>> = {
  inet: linux.NFPROTO_INET,
  netdev: linux.NFPROTO_NETDEV,
  ip: linux.AF_INET,
  ip6: linux.AF_INET6,
};

/** `type`: NFT_MSG_…; `flags`: NLM_F_…; `family`: one of `NFT_FAMILIES`. */
export const nftMessage = (
  type: number,
  flags: number,
  family: number,
  attributes: readonly NfAttribute[],
): Uint8Array => nfMessage({ subsystem: linux.NFNL_SUBSYS_NFTABLES, type, flags, family, attributes });

export interface BatchOptions {
  /** false: the kernel checks them, and changes nothing. Default: true. */
  readonly commit?: boolean;
  /** Only if nobody has changed any rule since it was this (NFT_MSG_GETGEN): otherwise ERESTART. */
  readonly generation?: number;
}

/** Messages as one transaction, all or none. nfnetlink_rcv_batch() */
export function nftBatch(
  messages: readonly Uint8Array[],
  { commit = true, generation }: BatchOptions = {},
): Uint8Array {
  const edge = (type: number, attributes: readonly NfAttribute[] = []): Uint8Array =>
    nfMessage({ type, resource: linux.NFNL_SUBSYS_NFTABLES, attributes });
  const only: readonly NfAttribute[] = generation === undefined ? [] : [[linux.NFNL_BATCH_GENID, generation]];
  const end = commit ? [edge(linux.NFNL_MSG_BATCH_END)] : [];
  return joined([edge(linux.NFNL_MSG_BATCH_BEGIN, only), ...messages, ...end]);
}
