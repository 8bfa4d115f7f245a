/** Requests that make a table, a chain at a hook, a rule. <linux/netfilter/nf_tables.h>. */
import * as linux from '../libc/constants.js';
import type { Attribute } from '../netlink/attributes.js';
import type { Request } from '../netlink/messages.js';
import { nftRequest } from './nft-messages.js';

const CREATE = linux.NLM_F_ACK | linux.NLM_F_CREATE;

/** `owned`: it ends with the socket that it is made over, and nobody else changes it. Since Linux 5.12. */
export const newTable = (family: number, table: string, owned: boolean): Request =>
  nftRequest(linux.NFT_MSG_NEWTABLE, CREATE | linux.NLM_F_EXCL, family, [
    [linux.NFTA_TABLE_NAME, table],
    [linux.NFTA_TABLE_FLAGS, owned ? linux.NFT_TABLE_F_OWNER : 0],
  ]);

export interface ChainHook {
  /** NF_INET_…, NF_NETDEV_… */
  readonly number: number;
  readonly priority: number;
  /** In the family netdev. */
  readonly device?: string | undefined;
}

/** Of type `filter`; what passes all of its rules is accepted. */
export const newChain = (family: number, table: string, chain: string, hook: ChainHook): Request =>
  nftRequest(linux.NFT_MSG_NEWCHAIN, CREATE, family, [
    [linux.NFTA_CHAIN_TABLE, table],
    [linux.NFTA_CHAIN_NAME, chain],
    [
      linux.NFTA_CHAIN_HOOK,
      [
        [linux.NFTA_HOOK_HOOKNUM, hook.number],
        [linux.NFTA_HOOK_PRIORITY, hook.priority],
        ...(hook.device === undefined ? [] : [[linux.NFTA_HOOK_DEV, hook.device] as const]),
      ],
    ],
    [linux.NFTA_CHAIN_POLICY, linux.NF_ACCEPT],
    [linux.NFTA_CHAIN_TYPE, 'filter'],
  ]);

/** Behind the others of its chain. */
export const newRule = (
  family: number,
  table: string,
  chain: string,
  expressions: readonly Attribute[],
  more: readonly Attribute[] = [],
): Request =>
  nftRequest(linux.NFT_MSG_NEWRULE, CREATE | linux.NLM_F_APPEND, family, [
    [linux.NFTA_RULE_TABLE, table],
    [linux.NFTA_RULE_CHAIN, chain],
    [linux.NFTA_RULE_EXPRESSIONS, expressions],
    ...more,
  ]);
