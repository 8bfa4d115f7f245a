/**
 * What is in the tables of nf_tables, by name: bytes that anybody may have chosen.
 * nfnetlink, <linux/netfilter/nf_tables.h>.
 */
import type { NftContent, NftFamily } from '../../filter/ports.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nfAttributes } from './nf-messages.js';
import { openNfSocket } from './nf-socket.js';
import { NFT_FAMILIES, nftDump } from './nft-messages.js';

/** How to ask for each kind, and where table and name stand in the answer. */
const KINDS = [
  { kind: 'chain', ask: linux.NFT_MSG_GETCHAIN, table: linux.NFTA_CHAIN_TABLE, name: linux.NFTA_CHAIN_NAME },
  { kind: 'other', ask: linux.NFT_MSG_GETSET, table: linux.NFTA_SET_TABLE, name: linux.NFTA_SET_NAME },
  { kind: 'other', ask: linux.NFT_MSG_GETOBJ, table: linux.NFTA_OBJ_TABLE, name: linux.NFTA_OBJ_NAME },
  {
    kind: 'other',
    ask: linux.NFT_MSG_GETFLOWTABLE,
    table: linux.NFTA_FLOWTABLE_TABLE,
    name: linux.NFTA_FLOWTABLE_NAME,
  },
] as const;

/** All chains, sets, objects and flow tables of the family. Empty where the kernel has no nf_tables. */
export const nftContents = (family: NftFamily, netns: NetworkNamespace | undefined): readonly NftContent[] =>
  openNfSocket('nf_tables', netns).use((socket) =>
    KINDS.flatMap(({ kind, ask, table, name }) => {
      try {
        return socket.list(nftDump(ask, NFT_FAMILIES[family]), (message) => {
          const attributes = nfAttributes(message);
          return { kind, table: attributes.text(table), name: attributes.text(name) };
        });
      } catch (error) {
        if (error instanceof SystemCallError && NOT_KNOWN.includes(error.code)) return [];
        throw error;
      }
    }),
  );

/** A kernel without nf_tables, or without flow tables. */
const NOT_KNOWN: readonly string[] = ['EOPNOTSUPP', 'EINVAL', 'ENOENT', 'EPROTONOSUPPORT'];
