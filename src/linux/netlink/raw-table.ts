/**
 * Removes a rule of iptables on nf_tables without iptables: in one transaction, with what it brought. A process that has
 * deleted something waits at its end for an RCU grace period, 15 ms and, where the processors are busy, 100; a thread
 * of the pool does that here. The guard does the same by programs, when this process is gone (guard-script.ts).
 */
import * as linux from '../libc/constants.js';
import { MADE_CHAIN, MADE_TABLE } from '../process/guard-script.js';
import { takeLock } from '../libc/lock.js';
import { SystemCallError } from '../libc/libc.js';
import type { Attribute, Attributes } from './attributes.js';
import type { Request } from './messages.js';
import type { NetlinkSocket } from './netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nftContents } from '../netfilter/nf-contents.js';
import { nfAttributes } from '../netfilter/nf-messages.js';
import { openNfSocket } from '../netfilter/nf-socket.js';
import { NFT_FAMILIES, nftBatch, nftDump, nftRequest } from '../netfilter/nft-messages.js';

const TABLE = 'raw';
const CHAIN = 'OUTPUT';

export interface RawPlace {
  readonly family: 4 | 6;
  readonly netns: NetworkNamespace | undefined;
  /** What guards lock. */
  readonly lockFolder?: string | undefined;
}

/**
 * Removes the rule with this comment from the table `raw`; and where it was the last of ours, what guards have made for it,
 * unless somebody else uses that by now. False, and nothing is changed, where that is not to be done so: there is no
 * such rule (iptables of the old kind), or the rules are being changed all the time.
 */
export const removeFromRaw = (comment: string, place: RawPlace): boolean =>
  change(place, (table) => table.removalOf(comment));

/** Removes what guards have made, where no rule of ours is left for it, nor anybody else uses it. False: nothing is changed. */
export const tidyRaw = (place: RawPlace): boolean => change(place, (table) => table.removalOfWhatWasMade());

/** Somebody may change the rules while they are listed, or after that. */
const TRIES = 5;
const ERESTART = 85;

function change(place: RawPlace, requestsFor: (table: RawTable) => readonly Request[]): boolean {
  const { family, netns, lockFolder = '/proc/thread-self/ns/net' } = place;
  const take = () => takeLock(lockFolder); // guards take it too
  const lock = netns === undefined ? take() : netns.run(take);
  try {
    const removeWith = (socket: NetlinkSocket): boolean => {
      for (let tries = 1; tries <= TRIES; tries++) {
        const table = new RawTable(socket, family === 4 ? 'ip' : 'ip6', netns);
        const done = unlessChanged(() => table.change(requestsFor(table)));
        if (done !== undefined) return done;
      }
      return false;
    };
    return openNfSocket('nf_tables', netns).use(removeWith, { inBackground: true });
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  } finally {
    lock.close();
  }
}

/** undefined where somebody else was quicker. */
function unlessChanged<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof SystemCallError && (error.code === 'EINTR' || error.errno === ERESTART)) return undefined;
    throw error;
  }
}

interface ListedRule {
  readonly chain: string;
  readonly handle: bigint;
  /** Its words, as bytes: comments are in them as they are. */
  readonly bytes: Buffer;
}

interface ListedChain {
  readonly name: string;
  /** One that drops what no rule is for does something, though it has no rule. */
  readonly drops: boolean;
}

/** The table as it was at one moment; what is done about it is done only if that is how it still is. */
class RawTable {
  readonly #generation: number | undefined;
  readonly #rules: readonly ListedRule[];
  readonly #chains: readonly ListedChain[];

  constructor(
    private readonly socket: NetlinkSocket,
    private readonly family: 'ip' | 'ip6',
    private readonly netns: NetworkNamespace | undefined,
  ) {
    const generation = socket.ask(nftRequest(linux.NFT_MSG_GETGEN, 0, linux.AF_UNSPEC, []));
    this.#generation = nfAttributes(generation).be32(linux.NFTA_GEN_ID);
    this.#rules = this.#listRules();
    this.#chains = this.#listChains();
  }

  /** Carries them out as one transaction, if there are any. */
  change(requests: readonly Request[]): boolean {
    if (requests.length === 0) return false;
    const generation = this.#generation;
    this.socket.transact(nftBatch(requests, generation === undefined ? {} : { generation }));
    return true;
  }

  removalOf(comment: string): readonly Request[] {
    const named = this.#rules.filter(({ bytes }) => bytes.includes(`\0${comment}\0`)); // xt_comment_info, behind its type
    const [rule] = named;
    if (rule === undefined || named.length > 1) return []; // somebody has copied ours: by its words, then
    return [
      this.#deletion(linux.NFT_MSG_DELRULE, [
        [linux.NFTA_RULE_TABLE, TABLE],
        [linux.NFTA_RULE_CHAIN, rule.chain],
        [linux.NFTA_RULE_HANDLE, rule.handle],
      ]),
      ...this.removalOfWhatWasMade(this.#rules.filter((other) => other !== rule)),
    ];
  }

  /** For rules of ours, where none is left among these. */
  removalOfWhatWasMade(rules = this.#rules): readonly Request[] {
    if (rules.some(({ bytes }) => bytes.includes('rawshake:'))) return []; // it is theirs now
    const mark = this.#chains.find(({ name }) => name === MADE_TABLE || name === MADE_CHAIN)?.name;
    if (mark === undefined) return [];
    const output = this.#chains.find(({ name }) => name === CHAIN);
    const isUsed = output === undefined || output.drops || rules.some(({ chain }) => chain === CHAIN);
    const deleted = isUsed ? [mark] : [mark, CHAIN];
    const isEmpty =
      mark === MADE_TABLE && this.#chains.every(({ name }) => deleted.includes(name)) && !this.#hasOthers();
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

  /** Sets, maps, counters and the like. */
  #hasOthers(): boolean {
    const contents = nftContents(this.family, this.netns);
    return contents.some(({ kind, table }) => kind === 'other' && table === TABLE);
  }

  #listRules(): ListedRule[] {
    return this.#list(linux.NFT_MSG_GETRULE, linux.NFTA_RULE_TABLE, (rule, body) => ({
      chain: rule.text(linux.NFTA_RULE_CHAIN),
      handle: rule.be64(linux.NFTA_RULE_HANDLE) ?? 0n,
      bytes: Buffer.from(body),
    }));
  }

  #listChains(): ListedChain[] {
    return this.#list(linux.NFT_MSG_GETCHAIN, linux.NFTA_CHAIN_TABLE, (chain) => ({
      name: chain.text(linux.NFTA_CHAIN_NAME),
      drops: (chain.be32(linux.NFTA_CHAIN_POLICY) ?? linux.NF_ACCEPT) !== linux.NF_ACCEPT,
    }));
  }

  /** Of all of a kind in the table, what `read` makes of them; `table`: the attribute that names it. */
  #list<T>(type: number, table: number, read: (attributes: Attributes, body: Uint8Array) => T): T[] {
    return this.socket.list(nftDump(type, NFT_FAMILIES[this.family]), (message) => {
      const attributes = nfAttributes(message);
      return attributes.text(table) === TABLE ? read(attributes, message.body) : undefined;
    });
  }

  /** Deletes only what is empty: NLM_F_NONREC has the whole transaction fail where somebody has put something there. */
  #deletion(type: number, attributes: readonly Attribute[]): Request {
    return nftRequest(type, linux.NLM_F_ACK | linux.NLM_F_NONREC, NFT_FAMILIES[this.family], attributes);
  }
}
