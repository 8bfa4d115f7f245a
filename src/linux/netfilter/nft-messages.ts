/** Requests to nf_tables, alone and as transactions. <linux/netfilter/nf_tables.h>. */
import type { NftFamily } from '../../filter/ports.js';
import * as linux from '../libc/constants.js';
import type { Attribute } from '../netlink/attributes.js';
import type { Request } from '../netlink/messages.js';
import { nfRequest } from './nf-messages.js';

export const NFT_FAMILIES: Readonly<Record<NftFamily, number>> = {
  inet: linux.NFPROTO_INET,
  netdev: linux.NFPROTO_NETDEV,
  ip: linux.AF_INET,
  ip6: linux.AF_INET6,
};

/** `type`: NFT_MSG_…; `flags`: NLM_F_…; `family`: one of `NFT_FAMILIES`. */
export const nftRequest = (type: number, flags: number, family: number, attributes: readonly Attribute[]): Request =>
  nfRequest({ subsystem: linux.NFNL_SUBSYS_NFTABLES, type, flags, family, attributes });

/** For a dump: of all of a kind in the family. */
export const nftDump = (type: number, family: number, attributes: readonly Attribute[] = []): Request =>
  nftRequest(type, 0, family, attributes);

export interface BatchOptions {
  /** false: the kernel checks them, and changes nothing. Default: true. */
  readonly commit?: boolean;
  /** Only if nobody has changed any rule since it was this (NFT_MSG_GETGEN): otherwise ERESTART. */
  readonly generation?: number;
}

/** Requests as one transaction, all or none. nfnetlink_rcv_batch() */
export function nftBatch(
  requests: readonly Request[],
  { commit = true, generation }: BatchOptions = {},
): readonly Request[] {
  const edge = (type: number, attributes: readonly Attribute[] = []): Request =>
    nfRequest({ type, resource: linux.NFNL_SUBSYS_NFTABLES, attributes });
  const only: readonly Attribute[] = generation === undefined ? [] : [[linux.NFNL_BATCH_GENID, generation]];
  const end = commit ? [edge(linux.NFNL_MSG_BATCH_END)] : [];
  return [edge(linux.NFNL_MSG_BATCH_BEGIN, only), ...requests, ...end];
}
