/**
 * Has the kernel say of every packet that leaves a network namespace who sent it: by a mark, set where no rule of anybody reads
 * it any more. What passes AF_PACKET passes no hook, and gets none. <linux/netfilter/nf_tables.h>.
 */
import { randomInt } from 'node:crypto';
import * as linux from '../libc/constants.js';
import type { Attribute } from '../netlink/attributes.js';
import type { Request } from '../netlink/messages.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { compare, expression, hostOrder, loadMeta, matches, REGISTER, setMeta, verdict } from './nf-expressions.js';
import { SystemCallError } from '../libc/libc.js';
import { openNfSocket } from './nf-socket.js';
import { NFT_FAMILIES, nftBatch } from './nft-messages.js';
import { newChain, newRule, newTable } from './nft-objects.js';

/** What each kind of sender has its packets marked with: numbers of this run alone. */
export interface SenderMarks {
  /** A socket that a file leads to: a program's. */
  readonly program: number;
  /** The same of IPv6, and a socket that is bound to no address: a raw one, or a listener that resets. */
  readonly unbound: number;
  /** The kernel of itself: no socket, or one that no file leads to (any more, or yet). */
  readonly kernel: number;
  /** Somebody else, by another interface: a TUN, a container. */
  readonly forwarded: number;
}

export interface SenderObserver {
  readonly marks: SenderMarks;
  /** Whether anything is marked `unbound`; without nft_socket it counts as `program`. */
  readonly tellsUnbound: boolean;
  /** Idempotent. */
  close(): void;
}

const TABLE = 'rawshake-senders';
const FAMILY = NFT_FAMILIES.inet;
/** NF_IP_PRI_LAST: behind all that a user has, and beside the kernel's own last. */
const LAST = 0x7fffffff;
const FIRST = -0x80000000;
const ARPHRD_LOOPBACK = 772;

/**
 * From now on, until closed. On loopback a packet with a mark of its own keeps that, for it comes in again with it; all others lose
 * theirs before any rule sees them there. A link to another namespace takes every mark off (skb_scrub_packet).
 * @throws {RawshakeError} RS_NOT_IN_KERNEL without nf_tables
 * @throws {SystemCallError} where the kernel refuses: tables that nobody else can flush it has since Linux 5.12
 */
export function markSenders(netns: NetworkNamespace): SenderObserver {
  const marks = newMarks();
  const socket = openNfSocket('nf_tables', netns);
  let tellsUnbound = true;
  try {
    try {
      socket.transact(nftBatch(requests(marks, whetherBound(marks))));
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      tellsUnbound = false;
      socket.transact(nftBatch(requests(marks, [])));
    }
  } catch (error) {
    socket.close();
    throw error;
  }
  return {
    marks,
    tellsUnbound,
    close() {
      socket.close({ inBackground: true });
    },
  };
}

/** Larger than what people choose. */
function newMarks(): SenderMarks {
  const mark = (nth: number): number => 4 * randomInt(1 << 24, 1 << 30) + nth;
  return { program: mark(0), kernel: mark(1), forwarded: mark(2), unbound: mark(3) };
}

const rule = (chain: string, ...expressions: readonly Attribute[]): Request =>
  newRule(FAMILY, TABLE, chain, expressions);

/** Only here it is told, and no mark may be set here. Nobody reads a priority: the link has no queue. */
function whetherBound({ unbound }: SenderMarks): readonly Request[] {
  const sending = 'sending';
  return [
    newChain(FAMILY, TABLE, sending, { number: linux.NF_INET_LOCAL_OUT, priority: LAST }),
    rule(
      sending,
      ...matches([linux.NFT_META_NFPROTO, Uint8Array.of(linux.AF_INET6)]),
      ...matches([linux.NFT_META_L4PROTO, Uint8Array.of(linux.IPPROTO_TCP)]),
      loadMeta(linux.NFT_META_SKUID),
      expression('socket', [
        [linux.NFTA_SOCKET_KEY, linux.NFT_SOCKET_WILDCARD],
        [linux.NFTA_SOCKET_DREG, REGISTER],
      ]),
      compare(linux.NFT_CMP_EQ, Uint8Array.of(1)),
      ...setMeta(linux.NFT_META_PRIORITY, hostOrder(unbound)),
    ),
  ];
}

function requests({ program, unbound, kernel, forwarded }: SenderMarks, noted: readonly Request[]): readonly Request[] {
  const [leaving, arriving] = ['leaving', 'arriving'];
  const accept = verdict(linux.NF_ACCEPT);
  const set = (mark: number): readonly Attribute[] => setMeta(linux.NFT_META_MARK, hostOrder(mark));
  const isNone = hostOrder(0);
  return [
    newTable(FAMILY, TABLE, true),
    ...noted,
    newChain(FAMILY, TABLE, leaving, { number: linux.NF_INET_POST_ROUTING, priority: LAST }),
    rule(
      leaving,
      ...matches([linux.NFT_META_OIFTYPE, new Uint8Array(Uint16Array.of(ARPHRD_LOOPBACK).buffer)]),
      ...matches([linux.NFT_META_MARK, isNone], linux.NFT_CMP_NEQ),
      accept,
    ),
    // Of the kernel's own other packets some have an interface, too: those of IPv6's neighbours and groups.
    rule(
      leaving,
      ...matches([linux.NFT_META_L4PROTO, Uint8Array.of(linux.IPPROTO_TCP)]),
      ...matches([linux.NFT_META_IIF, isNone], linux.NFT_CMP_NEQ),
      ...set(forwarded),
      accept,
    ),
    rule(
      leaving,
      ...matches([linux.NFT_META_PRIORITY, hostOrder(unbound)]),
      ...setMeta(linux.NFT_META_PRIORITY, hostOrder(0)),
      ...set(unbound),
      accept,
    ),
    // It ends where no file is behind the packet's socket, or there is no socket.
    rule(leaving, loadMeta(linux.NFT_META_SKUID), ...set(program), accept),
    rule(leaving, ...set(kernel)),
    newChain(FAMILY, TABLE, arriving, { number: linux.NF_INET_PRE_ROUTING, priority: FIRST }),
    ...[program, unbound, kernel, forwarded].map((mark) =>
      rule(arriving, loadMeta(linux.NFT_META_MARK), compare(linux.NFT_CMP_EQ, hostOrder(mark)), ...set(0)),
    ),
  ];
}
