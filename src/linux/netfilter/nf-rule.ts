/**
 * A rule that drops segments of one flow, as the expressions that nf_tables carries out one after the other: what a packet has is
 * loaded into a register and compared there. Written as nft writes them; nf-rule-reader.ts reads what either has made.
 * <linux/netfilter/nf_tables.h>.
 */
import type { FilterFlow } from '../../filter/flow.js';
import type { NftRule } from '../../filter/ports.js';
import * as linux from '../libc/constants.js';
import type { Attribute } from '../netlink/attributes.js';
import { addressBytes, portBytes } from '../libc/sockaddr.js';
import { compare, data, expression, hostOrder, matches, REGISTER, verdict } from './nf-expressions.js';

export const TCP = 6;
export const FLAGS_AT = 13;
export const RST = 0x04;

/** Where the parts of a flow stand in a packet. */
export const FIELDS: Readonly<Record<4 | 6, readonly Field[]>> = {
  4: fields(12, 4),
  6: fields(8, 16),
};

interface Field {
  readonly part: keyof FilterFlow;
  readonly base: number;
  readonly at: number;
  readonly bytes: number;
}

function fields(addressesAt: number, addressLength: number): readonly Field[] {
  const network = { base: linux.NFT_PAYLOAD_NETWORK_HEADER, bytes: addressLength };
  const transport = { base: linux.NFT_PAYLOAD_TRANSPORT_HEADER, bytes: 2 };
  return [
    { part: 'src', ...network, at: addressesAt },
    { part: 'dst', ...network, at: addressesAt + addressLength },
    { part: 'srcPort', ...transport, at: 0 },
    { part: 'dstPort', ...transport, at: 2 },
  ];
}

/** In the order of nft. The family is told from the address. */
export function ruleExpressions({ flow, resetsOnly, mark }: NftRule, table: 'inet' | 'netdev'): readonly Attribute[] {
  const version = flow.src.includes(':') ? 6 : 4;
  const parts = FIELDS[version].flatMap(({ part, ...field }) => {
    const value = flow[part];
    return value === undefined
      ? []
      : [{ ...field, value: typeof value === 'number' ? portBytes(value) : addressBytes(value) }];
  });
  const isNetwork = ({ base }: { readonly base: number }): boolean => base === linux.NFT_PAYLOAD_NETWORK_HEADER;
  return [
    ...matches(table === 'inet' ? NFPROTO[version] : ETHERTYPE[version]),
    ...parts.filter(isNetwork).flatMap(equals),
    ...matches([linux.NFT_META_L4PROTO, Uint8Array.of(TCP)]),
    ...parts.filter((part) => !isNetwork(part)).flatMap(equals),
    ...(resetsOnly ? isReset() : []),
    ...(mark === undefined ? [] : matches([linux.NFT_META_MARK, hostOrder(mark)], linux.NFT_CMP_NEQ)),
    expression('counter', []),
    verdict(linux.NF_DROP),
  ];
}

export const NFPROTO = {
  4: [linux.NFT_META_NFPROTO, Uint8Array.of(linux.AF_INET)],
  6: [linux.NFT_META_NFPROTO, Uint8Array.of(linux.AF_INET6)],
} as const;

export const ETHERTYPE = {
  4: [linux.NFT_META_PROTOCOL, Uint8Array.of(0x08, 0x00)],
  6: [linux.NFT_META_PROTOCOL, Uint8Array.of(0x86, 0xdd)],
} as const;

const payload = ({ base, at, bytes }: Omit<Field, 'part'>): Attribute[] => [
  expression('payload', [
    [linux.NFTA_PAYLOAD_DREG, REGISTER],
    [linux.NFTA_PAYLOAD_BASE, base],
    [linux.NFTA_PAYLOAD_OFFSET, at],
    [linux.NFTA_PAYLOAD_LEN, bytes],
  ]),
];

const equals = ({ value, ...field }: Omit<Field, 'part'> & { readonly value: Uint8Array }): Attribute[] => [
  ...payload(field),
  compare(linux.NFT_CMP_EQ, value),
];

const isReset = (): readonly Attribute[] => [
  ...payload({ base: linux.NFT_PAYLOAD_TRANSPORT_HEADER, at: FLAGS_AT, bytes: 1 }),
  expression('bitwise', [
    [linux.NFTA_BITWISE_SREG, REGISTER],
    [linux.NFTA_BITWISE_DREG, REGISTER],
    [linux.NFTA_BITWISE_LEN, 1],
    [linux.NFTA_BITWISE_MASK, data(Uint8Array.of(RST))],
    [linux.NFTA_BITWISE_XOR, data(Uint8Array.of(0))],
  ]),
  compare(linux.NFT_CMP_EQ, Uint8Array.of(RST)),
];
