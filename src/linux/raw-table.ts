/**
 * Removes a rule of iptables on nf_tables without iptables: in one transaction, with what it brought. A process that has
 * deleted something waits at its end for an RCU grace period, 15 ms and, where the processors are busy, 100; a thread
 * of the pool does that here. The guard does the same by programs, when this process is gone (guard-script.ts).
 */
import { constants } from 'node:os';
import * as linux from './constants.js';
import { MADE_CHAIN, MADE_TABLE } from './guard-script.js';
import { type Lock, takeLock } from './lock.js';
import { closeInBackground, libc, SystemCallError } from './libc.js';
import type { NetworkNamespace } from './netns.js';
import {
  errnoOf,
  nfAttributes,
  nfBatch,
  nfMessage,
  type NfMessage,
  nfMessagesIn,
  nfNumber,
  nfText,
} from './nf-messages.js';

const TABLE = 'raw';
const CHAIN = 'OUTPUT';

const RECEIVE_BYTES = 65_536; // more than the kernel sends at a time

/**
 * Removes the rule with this comment from the table `raw`; and where it was the last of ours, what guards have made for it,
 * unless somebody else uses that by now. False, and nothing is changed, where that is not to be done so: there is no
 * such rule (iptables of the old kind), or somebody is changing the rules at this moment. `lockFolder`: what guards lock.
 */
export function removeFromRaw(family: 4 | 6, comment: string, netns?: NetworkNamespace, lockFolder?: string): boolean {
  const open = (): readonly [Lock, number] => {
    const { AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC, NETLINK_NETFILTER } = linux;
    const lock = takeLock(lockFolder ?? '/proc/thread-self/ns/net'); // guards take it too
    return [lock, libc('socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)];
  };
  const [lock, fd] = netns === undefined ? open() : netns.run(open);
  try {
    const table = new RawTable(fd, family === 4 ? linux.AF_INET : linux.AF_INET6);
    return table.remove(comment);
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  } finally {
    lock.close();
    closeInBackground(fd);
  }
}

interface ListedRule {
  readonly chain: string;
  readonly handle: bigint;
  /** Its words, as bytes: comments are in them as they are. */
  readonly bytes: Buffer;
}

class RawTable {
  readonly #buffer = new Uint8Array(new ArrayBuffer(RECEIVE_BYTES));

  constructor(
    private readonly fd: number,
    private readonly family: number,
  ) {}

  remove(comment: string): boolean {
    const rules = this.#rules();
    const named = rules.filter(({ bytes }) => bytes.includes(`\0${comment}\0`)); // xt_comment_info, behind its type
    const [rule] = named;
    if (rule === undefined || named.length > 1) return false; // somebody has copied ours: by its words, then
    const others = rules.filter((other) => other !== rule);
    this.#transact([
      this.#deletion(linux.NFT_MSG_DELRULE, [
        [linux.NFTA_RULE_TABLE, TABLE],
        [linux.NFTA_RULE_CHAIN, rule.chain],
        [linux.NFTA_RULE_HANDLE, rule.handle],
      ]),
      ...this.#whatItBrought(others),
    ]);
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
    const asked = this.#dump(linux.NFT_MSG_GETRULE);
    return asked.flatMap((message) => {
      const attributes = nfAttributes(message);
      if (nfText(attributes.get(linux.NFTA_RULE_TABLE)) !== TABLE) return [];
      const chain = nfText(attributes.get(linux.NFTA_RULE_CHAIN));
      return [{ chain, handle: nfNumber(attributes.get(linux.NFTA_RULE_HANDLE)), bytes: Buffer.from(message.body) }];
    });
  }

  #chains(): string[] {
    return this.#dump(linux.NFT_MSG_GETCHAIN)
      .map(nfAttributes)
      .filter((attributes) => nfText(attributes.get(linux.NFTA_CHAIN_TABLE)) === TABLE)
      .map((attributes) => nfText(attributes.get(linux.NFTA_CHAIN_NAME)));
  }

  #deletion(type: number, attributes: Parameters<typeof nfMessage>[3]): Uint8Array {
    return nfMessage(type, linux.NLM_F_ACK | linux.NLM_F_NONREC, this.family, attributes);
  }

  /** All of a kind in this family. */
  #dump(type: number): NfMessage[] {
    this.#send(nfMessage(type, linux.NLM_F_DUMP, this.family, []));
    const all: NfMessage[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        // Somebody has changed something in between: part of the answer is from before.
        if ((message.flags & linux.NLM_F_DUMP_INTR) !== 0) throw interrupted();
        if (message.type === linux.NLMSG_DONE) return all;
        if (message.type === linux.NLMSG_ERROR) throw new SystemCallError('nf_tables', errnoOf(message));
        all.push(message);
      }
    }
  }

  /** All or none. */
  #transact(messages: readonly Uint8Array[]): void {
    this.#send(nfBatch(messages));
    for (let answers = 0; answers < messages.length;) {
      for (const message of this.#receive()) {
        if (message.type !== linux.NLMSG_ERROR) continue;
        if (errnoOf(message) !== 0) throw new SystemCallError('nf_tables', errnoOf(message));
        answers += 1;
      }
    }
  }

  #send(bytes: Uint8Array): void {
    libc('send', this.fd, bytes, bytes.length, 0);
  }

  #receive(): NfMessage[] {
    return nfMessagesIn(this.#buffer.subarray(0, libc('recv', this.fd, this.#buffer, RECEIVE_BYTES, 0)));
  }
}

const interrupted = (): SystemCallError => new SystemCallError('nf_tables', constants.errno.EINTR);
