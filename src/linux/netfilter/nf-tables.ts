/**
 * nf_tables of a network namespace, spoken to over netlink, and no further than rules of ours go. No library reads what strangers
 * have put there on behalf of this process: libnftables loads all tables for every command, and ends the process at what it
 * does not foresee. <linux/netfilter/nf_tables.h>.
 */
import { about, type Text } from '../../error.js';
import { getSystemErrorMap } from 'node:util';
import type { NftHook, NftListedRule, NftSession, NftTable } from '../../filter/ports.js';
import { commandFailed } from '../process/command.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import { Attributes } from '../netlink/attributes.js';
import { textBytes, textIn } from '../netlink/bytes.js';
import type { Request } from '../netlink/messages.js';
import type { NetlinkSocket } from '../netlink/netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nftContents } from './nf-contents.js';
import { nfAttributes } from './nf-messages.js';
import { ruleExpressions } from './nf-rule.js';
import { readExpressions } from './nf-rule-reader.js';
import { openNfSocket } from './nf-socket.js';
import { NFT_FAMILIES, nftBatch, nftDump, nftRequest } from './nft-messages.js';
import { newChain, newRule, newTable } from './nft-objects.js';
import { asNoPrivilege } from '../process/no-privilege.js';
import { notInKernel } from '../libc/not-in-kernel.js';

export interface NfTables extends NftSession {
  /** Ends the session, and with it the tables that it owns. Idempotent. */
  close(): void;
}

/** In `netns`, or where one stands. Opens its socket at the first call. */
export function openNfTables(netns?: NetworkNamespace): NfTables {
  let opened: NetlinkSocket | undefined;
  const socket = (): NetlinkSocket => (opened ??= openNfSocket('nf_tables', netns));
  const transact = (what: readonly string[], request: Request): void => {
    explained(what, () => socket().transact(nftBatch([request])));
  };
  const make = (table: NftTable, owned: boolean, commit = true): void => {
    const { family, name } = table;
    explained(
      ['create', 'table', family, name],
      () => socket().transact(nftBatch(creation(table, owned), { commit })),
      // Before Linux 5.12 that is also what is said of owned tables.
      owned
        ? undefined
        : about('nf_tables', {
            en: `this kernel has no filters of the family ${family}`,
            zh: `这个内核没有 ${family} 族的过滤器`,
          }),
    );
  };
  return {
    create(table, { owned }) {
      make(table, owned);
    },
    check(table) {
      make(table, false, false);
    },
    deleteTable(family, name, { ifEmpty = false } = {}) {
      const flags = linux.NLM_F_ACK | (ifEmpty ? linux.NLM_F_NONREC : 0);
      transact(
        ['delete', 'table', family, name],
        nftRequest(linux.NFT_MSG_DELTABLE, flags, NFT_FAMILIES[family], [[linux.NFTA_TABLE_NAME, name]]),
      );
    },
    deleteRule(table, chain, handle) {
      transact(
        ['delete', 'rule', 'inet', table, chain, 'handle', String(handle)],
        nftRequest(linux.NFT_MSG_DELRULE, linux.NLM_F_ACK, linux.NFPROTO_INET, [
          [linux.NFTA_RULE_TABLE, table],
          [linux.NFTA_RULE_CHAIN, chain],
          [linux.NFTA_RULE_HANDLE, BigInt(handle)],
        ]),
      );
    },
    rules: (family, table) => explained(['list', 'table', family, table], () => rulesOf(socket(), family, table)),
    contents: (family) => explained(['list', 'chains', family], () => nftContents(family, netns)),
    close() {
      // The kernel lets go of tables that it owned, which takes an RCU grace period.
      opened?.close({ inBackground: true });
      opened = undefined;
    },
  };
}

/** What the kernel answers where it was built without a family, or its module is not there. nft_chain_parse_hook, nf_tables_newtable. */
const NO_FAMILY: readonly string[] = ['EOPNOTSUPP', 'EAFNOSUPPORT'];

/** What the kernel answers, in the words of the command that would have done the same; `noFamily`: that, where it has none. */
function explained<T>(command: readonly string[], action: () => T, noFamily?: Text): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (noFamily !== undefined && NO_FAMILY.includes(error.code)) throw notInKernel(noFamily, error);
    const [, why = error.code] = getSystemErrorMap().get(-error.errno) ?? [];
    throw asNoPrivilege(commandFailed(['nft', ...command], why, 1));
  }
}

function creation({ family, name, chain, hook, rule }: NftTable, owned: boolean): readonly Request[] {
  const number = NFT_FAMILIES[family];
  const device = hook.hook === 'ingress' ? hook.device : undefined;
  return [
    newTable(number, name, owned),
    newChain(number, name, chain, { number: HOOKS[hook.hook], priority: hook.priority, device }),
    newRule(number, name, chain, ruleExpressions(rule, family), [
      [linux.NFTA_RULE_USERDATA, commentBytes(rule.comment)],
    ]),
  ];
}

const HOOKS = { output: linux.NF_INET_LOCAL_OUT, ingress: linux.NF_NETDEV_INGRESS } as const;

/** As nft keeps it: type, length, and a text that ends with NUL. libnftnl, udata.c. */
function commentBytes(comment: string): Uint8Array {
  const text = textBytes(comment);
  return Uint8Array.of(linux.NFTNL_UDATA_RULE_COMMENT, text.length, ...text);
}

function commentIn(data: Uint8Array | undefined): string {
  const [type, length = 0] = data ?? [];
  if (data === undefined || type !== linux.NFTNL_UDATA_RULE_COMMENT || length > data.length - 2) return '';
  return textIn(data.subarray(2, 2 + length));
}

function rulesOf(socket: NetlinkSocket, family: NftTable['family'], table: string): readonly NftListedRule[] {
  try {
    const hooks = hooksOf(socket, family, table);
    const request = nftDump(linux.NFT_MSG_GETRULE, NFT_FAMILIES[family], [[linux.NFTA_RULE_TABLE, table]]);
    return socket.list(request, (message) => {
      const attributes = nfAttributes(message);
      // Not every kernel heeds what is asked of a dump.
      if (attributes.text(linux.NFTA_RULE_TABLE) !== table) return undefined;
      const chain = attributes.text(linux.NFTA_RULE_CHAIN);
      return {
        chain,
        handle: Number(attributes.be64(linux.NFTA_RULE_HANDLE) ?? 0n),
        hook: hooks.get(chain),
        comment: commentIn(attributes.bytes(linux.NFTA_RULE_USERDATA)),
        ...readExpressions(attributes.list(linux.NFTA_RULE_EXPRESSIONS)),
      };
    });
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Of the chains of type `filter` and policy `accept`. */
function hooksOf(socket: NetlinkSocket, family: NftTable['family'], table: string): ReadonlyMap<string, NftHook> {
  const found = socket.list(nftDump(linux.NFT_MSG_GETCHAIN, NFT_FAMILIES[family]), (message) => {
    const attributes = nfAttributes(message);
    const hook = hookIn(attributes, family);
    if (hook === undefined || attributes.text(linux.NFTA_CHAIN_TABLE) !== table) return undefined;
    return [attributes.text(linux.NFTA_CHAIN_NAME), hook] as const;
  });
  return new Map(found);
}

function hookIn(chain: Attributes, family: NftTable['family']): NftHook | undefined {
  const hook = chain.nested(linux.NFTA_CHAIN_HOOK);
  const number = hook.be32(linux.NFTA_HOOK_HOOKNUM);
  const priority = (hook.be32(linux.NFTA_HOOK_PRIORITY) ?? 0) | 0;
  const isPlain =
    chain.text(linux.NFTA_CHAIN_TYPE) === 'filter' && chain.be32(linux.NFTA_CHAIN_POLICY) === linux.NF_ACCEPT;
  if (!isPlain) return undefined;
  if (family === 'inet') return number === linux.NF_INET_LOCAL_OUT ? { hook: 'output', priority } : undefined;
  const device = hook.text(linux.NFTA_HOOK_DEV);
  return number === linux.NF_NETDEV_INGRESS ? { hook: 'ingress', priority, device } : undefined;
}
