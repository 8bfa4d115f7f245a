/**
 * nf_tables of a network namespace, spoken to over netlink, and no further than rules of ours go. No library reads what strangers
 * have put there on behalf of this process: libnftables loads all tables for every command, and ends the process at what it
 * does not foresee. <linux/netfilter/nf_tables.h>.
 */
import { getSystemErrorMap } from 'node:util';
import type { NftFamily, NftHook, NftListedRule, NftSession, NftTable } from '../../filter/ports.js';
import { commandFailed } from '../process/command.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import type { NetlinkSocket } from '../netlink/netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nftContents } from './nf-contents.js';
import { nfAttributes, nfNested, nfNumber, nfNumber32, nfText } from './nf-messages.js';
import { ruleExpressions } from './nf-rule.js';
import { readExpressions } from './nf-rule-reader.js';
import { openNfSocket } from './nf-socket.js';
import { NFT_FAMILIES, nftBatch, nftMessage } from './nft-messages.js';
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
  const transact = (what: readonly string[], messages: readonly Uint8Array[], commit = true): void => {
    explained(what, () => socket().transact(nftBatch(messages, { commit }), messages.length));
  };
  const make = (table: NftTable, owned: boolean, commit = true): void => {
    const { family, name } = table;
    explained(
      ['create', 'table', family, name],
      () => socket().transact(nftBatch(creation(table, owned), { commit }), 3),
      // Before Linux 5.12 that is also what is said of owned tables.
      owned ? undefined : `nf_tables: this kernel has no filters of the family ${family}`,
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
        [nftMessage(linux.NFT_MSG_DELTABLE, flags, NFT_FAMILIES[family], [[linux.NFTA_TABLE_NAME, name]])],
      );
    },
    deleteRule(table, chain, handle) {
      transact(
        ['delete', 'rule', 'inet', table, chain, 'handle', String(handle)],
        [
          nftMessage(linux.NFT_MSG_DELRULE, linux.NLM_F_ACK, linux.NFPROTO_INET, [
            [linux.NFTA_RULE_TABLE, table],
            [linux.NFTA_RULE_CHAIN, chain],
            [linux.NFTA_RULE_HANDLE, BigInt(handle)],
          ]),
        ],
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
function explained<T>(command: readonly string[], action: () => T, noFamily?: string): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (noFamily !== undefined && NO_FAMILY.includes(error.code)) throw notInKernel(noFamily, error);
    const [, why = error.code] = getSystemErrorMap().get(-error.errno) ?? [];
    throw asNoPrivilege(commandFailed(['nft', ...command], why, 1));
  }
}

function creation({ family, name, chain, hook, rule }: NftTable, owned: boolean): readonly Uint8Array[] {
  const number = NFT_FAMILIES[family];
  const create = linux.NLM_F_ACK | linux.NLM_F_CREATE;
  return [
    nftMessage(linux.NFT_MSG_NEWTABLE, create | linux.NLM_F_EXCL, number, [
      [linux.NFTA_TABLE_NAME, name],
      [linux.NFTA_TABLE_FLAGS, owned ? linux.NFT_TABLE_F_OWNER : 0],
    ]),
    nftMessage(linux.NFT_MSG_NEWCHAIN, create, number, [
      [linux.NFTA_CHAIN_TABLE, name],
      [linux.NFTA_CHAIN_NAME, chain],
      [
        linux.NFTA_CHAIN_HOOK,
        [
          [linux.NFTA_HOOK_HOOKNUM, HOOKS[hook.hook]],
          [linux.NFTA_HOOK_PRIORITY, hook.priority],
          ...(hook.hook === 'ingress' ? [[linux.NFTA_HOOK_DEV, hook.device] as const] : []),
        ],
      ],
      [linux.NFTA_CHAIN_POLICY, linux.NF_ACCEPT],
      [linux.NFTA_CHAIN_TYPE, 'filter'],
    ]),
    nftMessage(linux.NFT_MSG_NEWRULE, create | linux.NLM_F_APPEND, number, [
      [linux.NFTA_RULE_TABLE, name],
      [linux.NFTA_RULE_CHAIN, chain],
      [linux.NFTA_RULE_EXPRESSIONS, ruleExpressions(rule, family)],
      [linux.NFTA_RULE_USERDATA, commentBytes(rule.comment)],
    ]),
  ];
}

const HOOKS = { output: linux.NF_INET_LOCAL_OUT, ingress: linux.NF_NETDEV_INGRESS } as const;

/** As nft keeps it: type, length, and a text that ends with NUL. libnftnl, udata.c. */
function commentBytes(comment: string): Uint8Array {
  const text = new TextEncoder().encode(`${comment}\0`);
  return Uint8Array.of(linux.NFTNL_UDATA_RULE_COMMENT, text.length, ...text);
}

function commentIn(data: Uint8Array | undefined): string {
  const [type, length = 0] = data ?? [];
  if (data === undefined || type !== linux.NFTNL_UDATA_RULE_COMMENT || length > data.length - 2) return '';
  return nfText(data.subarray(2, 2 + length));
}

/** Somebody may change them while they are listed. */
const TRIES = 5;

function rulesOf(socket: NetlinkSocket, family: NftTable['family'], table: string): readonly NftListedRule[] {
  for (let tries = 1; ; tries++) {
    try {
      const hooks = hooksOf(socket, family, table);
      return dump(socket, linux.NFT_MSG_GETRULE, family, [linux.NFTA_RULE_TABLE, table], (attributes) => {
        const chain = nfText(attributes.get(linux.NFTA_RULE_CHAIN));
        return {
          chain,
          handle: Number(nfNumber(attributes.get(linux.NFTA_RULE_HANDLE))),
          hook: hooks.get(chain),
          comment: commentIn(attributes.get(linux.NFTA_RULE_USERDATA)),
          ...readExpressions(attributes.get(linux.NFTA_RULE_EXPRESSIONS)),
        };
      });
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      if (error.code === 'ENOENT') return [];
      if (error.code !== 'EINTR' || tries === TRIES) throw error;
    }
  }
}

/** Of the chains of type `filter` and policy `accept`. */
function hooksOf(socket: NetlinkSocket, family: NftTable['family'], table: string): ReadonlyMap<string, NftHook> {
  const found = dump(socket, linux.NFT_MSG_GETCHAIN, family, undefined, (attributes) => ({
    table: nfText(attributes.get(linux.NFTA_CHAIN_TABLE)),
    name: nfText(attributes.get(linux.NFTA_CHAIN_NAME)),
    hook: hookIn(attributes, family),
  }));
  return new Map(
    found.flatMap(({ table: of, name, hook }) => (of === table && hook !== undefined ? [[name, hook]] : [])),
  );
}

function hookIn(attributes: ReadonlyMap<number, Uint8Array>, family: NftTable['family']): NftHook | undefined {
  const hook = nfNested(attributes.get(linux.NFTA_CHAIN_HOOK));
  const number = nfNumber32(hook.get(linux.NFTA_HOOK_HOOKNUM));
  const priority = (nfNumber32(hook.get(linux.NFTA_HOOK_PRIORITY)) ?? 0) | 0;
  const isPlain =
    nfText(attributes.get(linux.NFTA_CHAIN_TYPE)) === 'filter' &&
    nfNumber32(attributes.get(linux.NFTA_CHAIN_POLICY)) === linux.NF_ACCEPT;
  if (!isPlain) return undefined;
  if (family === 'inet') return number === linux.NF_INET_LOCAL_OUT ? { hook: 'output', priority } : undefined;
  const device = nfText(hook.get(linux.NFTA_HOOK_DEV));
  return number === linux.NF_NETDEV_INGRESS ? { hook: 'ingress', priority, device } : undefined;
}

function dump<T>(
  socket: NetlinkSocket,
  type: number,
  family: NftFamily,
  within: readonly [number, string] | undefined,
  read: (attributes: ReadonlyMap<number, Uint8Array>) => T,
): T[] {
  const all: T[] = [];
  const request = nftMessage(type, linux.NLM_F_DUMP, NFT_FAMILIES[family], within === undefined ? [] : [within]);
  socket.dump(request, (message) => {
    const attributes = nfAttributes(message);
    // Not every kernel heeds what is asked of a dump.
    if (within !== undefined && nfText(attributes.get(within[0])) !== within[1]) return;
    all.push(read(attributes));
  });
  return all;
}
