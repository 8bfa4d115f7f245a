/**
 * Removes a rule of iptables on nf_tables without iptables: in one transaction, with what it brought. A process that has
 * deleted something waits at its end for an RCU grace period, 15 ms and, where the processors are busy, 100; a thread
 * of the pool does that here. The guard does the same by programs, when this process is gone (guard-script.ts).
 */
import * as linux from './constants.js';
import { MADE_CHAIN, MADE_TABLE } from './guard-script.js';
import { takeLock } from './lock.js';
import { SystemCallError } from './libc.js';
import type { NetlinkMessage } from './netlink-messages.js';
import type { NetlinkSocket } from './netlink-socket.js';
import type { NetworkNamespace } from './netns.js';
import { nfAttributes, nfNumber, nfText } from './nf-messages.js';
import { openNfSocket } from './nf-socket.js';
import { nftBatch, nftMessage } from './nft-messages.js';

const TABLE = 'raw';
const CHAIN = 'OUTPUT';

/**
 * Removes the rule with this comment from the table `raw`; and where it was the last of ours, what guards have made for it,
 * unless somebody else uses that by now. False, and nothing is changed, where that is not to be done so: there is no
 * such rule (iptables of the old kind), or somebody is changing the rules at this moment. `lockFolder`: what guards lock.
 */
export function removeFromRaw(family: 4 | 6, comment: string, netns?: NetworkNamespace, lockFolder?: string): boolean {
  const take = () => takeLock(lockFolder ?? '/proc/thread-self/ns/net'); // guards take it too
  const lock = netns === undefined ? take() : netns.run(take);
  try {
    const socket = openNfSocket('nf_tables', netns);
    try {
      const table = new RawTable(socket, family === 4 ? linux.AF_INET : linux.AF_INET6);
      return table.remove(comment);
    } finally {
      socket.close({ inBackground: true });
    }
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  } finally {
    lock.close();
  }
}

interface ListedRule {
  readonly chain: string;
  readonly handle: bigint;
  /** Its words, as bytes: comments are in them as they are. */
  readonly bytes: Buffer;
}

class RawTable {
  constructor(
    private readonly socket: NetlinkSocket,
    private readonly family: number,
  ) {}

  remove(comment: string): boolean {
    const rules = this.#rules();
    const named = rules.filter(({ bytes }) => bytes.includes(`\0${comment}\0`)); // xt_comment_info, behind its type
    const [rule] = named;
    if (rule === undefined || named.length > 1) return false; // somebody has copied ours: by its words, then
    const others = rules.filter((other) => other !== rule);
    const messages = [
      this.#deletion(linux.NFT_MSG_DELRULE, [
        [linux.NFTA_RULE_TABLE, TABLE],
        [linux.NFTA_RULE_CHAIN, rule.chain],
        [linux.NFTA_RULE_HANDLE, rule.handle],
      ]),
      ...this.#whatItBrought(others),
    ];
    this.socket.transact(nftBatch(messages), messages.length);
    return true;
  }

  /** Deletes only what is empty: NLM_F_NONREC has the whole transaction fail where somebody has put something there. */
  #whatItBrought(others: readonly ListedRule[]): Uint8Array[] {
    if (others.some(({ bytes }) => bytes.includes('rawshake:'))) return []; // it is theirs now
    const chains = this.#chains();
    const mark = [MADE_TABLE, MADE_CHAIN].find((name) => chains.includes(name));
    if (mark === undefined) return [];
    const inUse = others.some(({ chain }) => chain === CHAIN);
    const deleted = [mark, ...(inUse || !chains.includes(CHAIN) ? [] : [CHAIN])];
    const isEmpty = mark === MADE_TABLE && chains.every((name) => deleted.includes(name));
    return [
      ...deleted.map((name) =>
        this.#deletion(linux.NFT_MSG_DELCHAIN, [
          [linux.NFTA_CHAIN_TABLE, TABLE],
          [linux.NFTA_CHAIN_NAME, name],
        ]),
      ),
      ...(isEmpty ? [this.#deletion(linux.NFT_MSG_DELTABLE, [[linux.NFTA_TABLE_NAME, TABLE]])] : []),
    ];
  }

  #rules(): ListedRule[] {
    return this.#dump(linux.NFT_MSG_GETRULE, (message) => {
      const attributes = nfAttributes(message);
      if (nfText(attributes.get(linux.NFTA_RULE_TABLE)) !== TABLE) return [];
      const chain = nfText(attributes.get(linux.NFTA_RULE_CHAIN));
      return [{ chain, handle: nfNumber(attributes.get(linux.NFTA_RULE_HANDLE)), bytes: Buffer.from(message.body) }];
    });
  }

  #chains(): string[] {
    return this.#dump(linux.NFT_MSG_GETCHAIN, (message) => {
      const attributes = nfAttributes(message);
      const isOurs = nfText(attributes.get(linux.NFTA_CHAIN_TABLE)) === TABLE;
      return isOurs ? [nfText(attributes.get(linux.NFTA_CHAIN_NAME))] : [];
    });
  }

  #deletion(type: number, attributes: Parameters<typeof nftMessage>[3]): Uint8Array {
    return nftMessage(type, linux.NLM_F_ACK | linux.NLM_F_NONREC, this.family, attributes);
  }

  /** Of all of a kind in this family, what `read` makes of them. */
  #dump<T>(type: number, read: (message: NetlinkMessage) => readonly T[]): T[] {
    const all: T[] = [];
    this.socket.dump(nftMessage(type, linux.NLM_F_DUMP, this.family, []), (message) => {
      for (const one of read(message)) all.push(one);
    });
    return all;
  }
}
