/** The expressions of nf_tables, which a rule carries out one after the other. <linux/netfilter/nf_tables.h>. */
import * as linux from '../libc/constants.js';
import type { Attribute } from '../netlink/attributes.js';

/** The one that all load into, and compare. */
export const REGISTER = linux.NFT_REG_1;

export const expression = (name: string, data: readonly Attribute[]): Attribute => [
  linux.NFTA_LIST_ELEM,
  [
    [linux.NFTA_EXPR_NAME, name],
    [linux.NFTA_EXPR_DATA, data],
  ],
];

export const data = (value: Uint8Array): readonly Attribute[] => [[linux.NFTA_DATA_VALUE, value]];

/** The rule ends here where the register does not hold `value`; NFT_CMP_NEQ: where it does. */
export const compare = (operation: number, value: Uint8Array): Attribute =>
  expression('cmp', [
    [linux.NFTA_CMP_SREG, REGISTER],
    [linux.NFTA_CMP_OP, operation],
    [linux.NFTA_CMP_DATA, data(value)],
  ]);

/** What is known of the packet beside its bytes (NFT_META_…). The rule ends here where there is none. */
export const loadMeta = (key: number): Attribute =>
  expression('meta', [
    [linux.NFTA_META_KEY, key],
    [linux.NFTA_META_DREG, REGISTER],
  ]);

export const matches = (
  [key, value]: readonly [number, Uint8Array],
  operation: number = linux.NFT_CMP_EQ,
): readonly Attribute[] => [loadMeta(key), compare(operation, value)];

export const setMeta = (key: number, value: Uint8Array): readonly Attribute[] => [
  expression('immediate', [
    [linux.NFTA_IMMEDIATE_DREG, REGISTER],
    [linux.NFTA_IMMEDIATE_DATA, data(value)],
  ]),
  expression('meta', [
    [linux.NFTA_META_KEY, key],
    [linux.NFTA_META_SREG, REGISTER],
  ]),
];

/** NF_DROP, NF_ACCEPT. */
export const verdict = (code: number): Attribute =>
  expression('immediate', [
    [linux.NFTA_IMMEDIATE_DREG, linux.NFT_REG_VERDICT],
    [linux.NFTA_IMMEDIATE_DATA, [[linux.NFTA_DATA_VERDICT, [[linux.NFTA_VERDICT_CODE, code]]]]],
  ]);

/** Marks and numbers of interfaces are the host's, not the network's. */
export const hostOrder = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(number).buffer);
