/**
 * What is in the tables of nf_tables, by name: bytes that anybody may have chosen.
 * nfnetlink, <linux/netfilter/nf_tables.h>.
 */
import type { NftContent, NftFamily } from '../../filter/ports.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import type { NetlinkSocket } from '../netlink/netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nfAttributes, nfText } from './nf-messages.js';
import { openNfSocket } from './nf-socket.js';
import { NFT_FAMILIES, nftMessage } from './nft-messages.js';

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

/** Somebody may change them while they are listed. */
const TRIES = 5;

/** All chains, sets, objects and flow tables of the family. Empty where the kernel has no nf_tables. */
export function nftContents(family: NftFamily, netns: NetworkNamespace | undefined): readonly NftContent[] {
  const socket = openNfSocket('nf_tables', netns);
  try {
    return KINDS.flatMap(({ kind, ask, table, name }) =>
      listed(socket, nftMessage(ask, linux.NLM_F_DUMP, NFT_FAMILIES[family], []), (attributes) => ({
        kind,
        table: nfText(attributes.get(table)),
        name: nfText(attributes.get(name)),
      })),
    );
  } finally {
    socket.close();
  }
}

function listed(
  socket: NetlinkSocket,
  request: Uint8Array,
  read: (attributes: ReturnType<typeof nfAttributes>) => NftContent,
): NftContent[] {
  for (let tries = 1; ; tries++) {
    const found: NftContent[] = [];
    try {
      socket.dump(request, (message) => found.push(read(nfAttributes(message))));
      return found;
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      if (NOT_KNOWN.includes(error.code)) return [];
      if (error.code !== 'EINTR' || tries === TRIES) throw error;
    }
  }
}

/** A kernel without nf_tables, or without flow tables. */
const NOT_KNOWN: readonly string[] = ['EOPNOTSUPP', 'EINVAL', 'ENOENT', 'EPROTONOSUPPORT'];
