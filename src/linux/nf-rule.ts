/**
 * A rule that drops segments of one flow, as the expressions that nf_tables carries out one after the other: what a packet has is
 * loaded into a register and compared there. Written as nft writes them, and read from whatever order it has chosen.
 * <linux/netfilter/nf_tables.h>.
 */
import type { FilterFlow } from '../filter/flow.js';
import type { NftRule } from '../filter/ports.js';
import { formatIpv4Address, formatIpv6Address, parseAddress } from '../wire/address.js';
import * as linux from './constants.js';
import { type NfAttribute, nfNested, nfNumber, nfNumber32, nfText } from './nf-messages.js';
import { attributeList, attributesIn, valueOf } from './netlink-messages.js';

const TCP = 6;
const FLAGS_AT = 13;
const RST = 0x04;

/** Where the parts of a flow stand in a packet. */
const FIELDS: Readonly<Record<4 | 6, readonly Field[]>> = {
  4: fields(12, 4),
  6: fields(8, 16),
};

interface Field {
  readonly part: keyof FilterFlow;
  readonly base: number;
  readonly at: number;
  readonly bytes: number;
}

function fields(addressesAt: number, addressBytes: number): readonly Field[] {
  const network = { base: linux.NFT_PAYLOAD_NETWORK_HEADER, bytes: addressBytes };
  const transport = { base: linux.NFT_PAYLOAD_TRANSPORT_HEADER, bytes: 2 };
  return [
    { part: 'src', ...network, at: addressesAt },
    { part: 'dst', ...network, at: addressesAt + addressBytes },
    { part: 'srcPort', ...transport, at: 0 },
    { part: 'dstPort', ...transport, at: 2 },
  ];
}

const REGISTER = linux.NFT_REG_1;

/** In the order of nft. The family is told from the address. */
export function ruleExpressions({ flow, resetsOnly, mark }: NftRule, table: 'inet' | 'netdev'): readonly NfAttribute[] {
  const version = flow.src.includes(':') ? 6 : 4;
  const parts = FIELDS[version].flatMap(({ part, ...field }) => {
    const value = flow[part];
    return value === undefined
      ? []
      : [{ ...field, value: typeof value === 'number' ? portBytes(value) : addressBytesOf(value) }];
  });
  const isNetwork = ({ base }: { readonly base: number }): boolean => base === linux.NFT_PAYLOAD_NETWORK_HEADER;
  return [
    ...meta(table === 'inet' ? NFPROTO[version] : ETHERTYPE[version]),
    ...parts.filter(isNetwork).flatMap(equals),
    ...meta([linux.NFT_META_L4PROTO, Uint8Array.of(TCP)]),
    ...parts.filter((part) => !isNetwork(part)).flatMap(equals),
    ...(resetsOnly ? isReset() : []),
    ...(mark === undefined ? [] : meta([linux.NFT_META_MARK, hostOrder(mark)], linux.NFT_CMP_NEQ)),
    expression('counter', []),
    expression('immediate', [
      [linux.NFTA_IMMEDIATE_DREG, linux.NFT_REG_VERDICT],
      [linux.NFTA_IMMEDIATE_DATA, [[linux.NFTA_DATA_VERDICT, [[linux.NFTA_VERDICT_CODE, linux.NF_DROP]]]]],
    ]),
  ];
}

const NFPROTO = {
  4: [linux.NFT_META_NFPROTO, Uint8Array.of(linux.AF_INET)],
  6: [linux.NFT_META_NFPROTO, Uint8Array.of(linux.AF_INET6)],
} as const;

const ETHERTYPE = {
  4: [linux.NFT_META_PROTOCOL, Uint8Array.of(0x08, 0x00)],
  6: [linux.NFT_META_PROTOCOL, Uint8Array.of(0x86, 0xdd)],
} as const;

const expression = (name: string, data: readonly NfAttribute[]): NfAttribute => [
  linux.NFTA_LIST_ELEM,
  [
    [linux.NFTA_EXPR_NAME, name],
    [linux.NFTA_EXPR_DATA, data],
  ],
];

const data = (value: Uint8Array): readonly NfAttribute[] => [[linux.NFTA_DATA_VALUE, value]];

const compare = (operation: number, value: Uint8Array): NfAttribute =>
  expression('cmp', [
    [linux.NFTA_CMP_SREG, REGISTER],
    [linux.NFTA_CMP_OP, operation],
    [linux.NFTA_CMP_DATA, data(value)],
  ]);

const meta = (
  [key, value]: readonly [number, Uint8Array],
  operation: number = linux.NFT_CMP_EQ,
): readonly NfAttribute[] => [
  expression('meta', [
    [linux.NFTA_META_KEY, key],
    [linux.NFTA_META_DREG, REGISTER],
  ]),
  compare(operation, value),
];

const payload = ({ base, at, bytes }: Omit<Field, 'part'>): NfAttribute[] => [
  expression('payload', [
    [linux.NFTA_PAYLOAD_DREG, REGISTER],
    [linux.NFTA_PAYLOAD_BASE, base],
    [linux.NFTA_PAYLOAD_OFFSET, at],
    [linux.NFTA_PAYLOAD_LEN, bytes],
  ]),
];

const equals = ({ value, ...field }: Omit<Field, 'part'> & { readonly value: Uint8Array }): NfAttribute[] => [
  ...payload(field),
  compare(linux.NFT_CMP_EQ, value),
];

const isReset = (): readonly NfAttribute[] => [
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

const portBytes = (port: number): Uint8Array => Uint8Array.of(port >>> 8, port & 0xff);

function addressBytesOf(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new TypeError(`${text} is no address`);
  return bytes;
}

/** Marks are numbers of the host, not of the network. */
const hostOrder = (mark: number): Uint8Array => new Uint8Array(Uint32Array.of(mark).buffer);

/** What a rule does, as far as it is like ours. */
export interface ReadRule extends Omit<NftRule, 'comment'> {
  readonly packets: number;
  readonly bytes: number;
  /** It matches nothing but what stands here, and drops that. */
  readonly understood: boolean;
}

/** What was loaded into the register last. */
type Loaded =
  | { readonly from: 'meta'; readonly key: number }
  | { readonly from: 'payload'; readonly base: number; readonly at: number; readonly bytes: number }
  | { readonly from: 'reset flag' };

/** Anything that is not known leaves it not understood: whatever it is, the rule is not ours. */
export function readExpressions(list: Uint8Array | undefined): ReadRule {
  const reader = new RuleReader();
  for (const [name, data] of expressionsIn(list)) reader.read(name, data);
  return reader.result();
}

/** One after the other: they all have the same number, and the same name may come again. */
function expressionsIn(list: Uint8Array | undefined): (readonly [string, ReadonlyMap<number, Uint8Array>])[] {
  const found: (readonly [string, ReadonlyMap<number, Uint8Array>])[] = [];
  for (const [, element] of attributeList(list ?? new Uint8Array(), 0)) {
    const parts = attributesIn(element, 0);
    found.push([nfText(parts.get(linux.NFTA_EXPR_NAME)), nfNested(parts.get(linux.NFTA_EXPR_DATA))]);
  }
  return found;
}

class RuleReader {
  #version: 4 | 6 | undefined;
  #isTcp = false;
  readonly #flow: Record<string, string | number> = {};
  #resetsOnly = false;
  #mark: number | undefined;
  #counters = { packets: 0, bytes: 0 };
  #loaded: Loaded | undefined;
  #dropped = false;
  #understood = true;

  result(): ReadRule {
    const flow = { src: '', ...this.#flow };
    const understood = this.#understood && this.#dropped && this.#isTcp;
    return { flow, resetsOnly: this.#resetsOnly, mark: this.#mark, ...this.#counters, understood };
  }

  read(name: string, data: ReadonlyMap<number, Uint8Array>): void {
    if (this.#dropped || !this.#take(name, data)) this.#understood = false;
  }

  /** Whether it is known. */
  #take(name: string, data: ReadonlyMap<number, Uint8Array>): boolean {
    const number = (type: number): number => nfNumber32(data.get(type)) ?? 0;
    switch (name) {
      case 'meta':
        this.#loaded = { from: 'meta', key: number(linux.NFTA_META_KEY) };
        return number(linux.NFTA_META_DREG) === REGISTER;
      case 'payload':
        this.#loaded = {
          from: 'payload',
          base: number(linux.NFTA_PAYLOAD_BASE),
          at: number(linux.NFTA_PAYLOAD_OFFSET),
          bytes: number(linux.NFTA_PAYLOAD_LEN),
        };
        return number(linux.NFTA_PAYLOAD_DREG) === REGISTER;
      case 'bitwise':
        return (
          this.#takeFlags(data) &&
          number(linux.NFTA_BITWISE_SREG) === REGISTER &&
          number(linux.NFTA_BITWISE_DREG) === REGISTER
        );
      case 'cmp':
        return (
          number(linux.NFTA_CMP_SREG) === REGISTER &&
          this.#compare(number(linux.NFTA_CMP_OP), value(data.get(linux.NFTA_CMP_DATA)))
        );
      case 'counter':
        this.#counters = {
          packets: Number(nfNumber(data.get(linux.NFTA_COUNTER_PACKETS))),
          bytes: Number(nfNumber(data.get(linux.NFTA_COUNTER_BYTES))),
        };
        return true;
      case 'immediate': {
        const verdict = nfNested(nfNested(data.get(linux.NFTA_IMMEDIATE_DATA)).get(linux.NFTA_DATA_VERDICT));
        this.#dropped = nfNumber32(verdict.get(linux.NFTA_VERDICT_CODE)) === linux.NF_DROP;
        return this.#dropped && number(linux.NFTA_IMMEDIATE_DREG) === linux.NFT_REG_VERDICT;
      }
      default:
        return false;
    }
  }

  /** `tcp flags & rst`, and no other mask of anything. */
  #takeFlags(data: ReadonlyMap<number, Uint8Array>): boolean {
    const loaded = this.#loaded;
    const mask = value(data.get(linux.NFTA_BITWISE_MASK));
    const xor = value(data.get(linux.NFTA_BITWISE_XOR));
    const isFlags =
      loaded?.from === 'payload' &&
      loaded.base === linux.NFT_PAYLOAD_TRANSPORT_HEADER &&
      loaded.at === FLAGS_AT &&
      loaded.bytes === 1;
    this.#loaded = { from: 'reset flag' };
    const operation = nfNumber32(data.get(linux.NFTA_BITWISE_OP)) ?? 0;
    return isFlags && operation === 0 && same(mask, [RST]) && same(xor, [0]);
  }

  #compare(operation: number, wanted: Uint8Array): boolean {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    const isEqual = operation === linux.NFT_CMP_EQ;
    if (!isEqual && operation !== linux.NFT_CMP_NEQ) return false;
    switch (loaded?.from) {
      case undefined:
        return false;
      case 'meta':
        return this.#compareMeta(loaded.key, isEqual, wanted);
      case 'reset flag': {
        if (this.#resetsOnly || !this.#isTcp) return false;
        this.#resetsOnly = true;
        return isEqual ? same(wanted, [RST]) : same(wanted, [0]);
      }
      case 'payload':
        return isEqual && this.#compareField(loaded, wanted);
    }
  }

  #compareMeta(key: number, isEqual: boolean, wanted: Uint8Array): boolean {
    const version = isEqual ? versionIn(key, wanted) : undefined;
    if (version !== undefined) {
      const isFirst = this.#version === undefined;
      this.#version = version;
      return isFirst;
    }
    if (key === linux.NFT_META_L4PROTO) {
      this.#isTcp = true;
      return isEqual && same(wanted, [TCP]);
    }
    if (key !== linux.NFT_META_MARK || isEqual || this.#mark !== undefined || wanted.length !== 4) return false;
    this.#mark = new Uint32Array(wanted.slice().buffer)[0];
    return true;
  }

  /** nft loads fields that lie together at once. What is said twice would be taken for its last word. */
  #compareField({ base, at, bytes }: Extract<Loaded, { from: 'payload' }>, wanted: Uint8Array): boolean {
    if (this.#version === undefined || wanted.length !== bytes) return false;
    if (base === linux.NFT_PAYLOAD_TRANSPORT_HEADER && !this.#isTcp) return false;
    for (let from = at; from < at + bytes;) {
      const field = FIELDS[this.#version].find((one) => one.base === base && one.at === from);
      if (field === undefined || from + field.bytes > at + bytes || field.part in this.#flow) return false;
      const part = wanted.subarray(from - at, from - at + field.bytes);
      this.#flow[field.part] = field.bytes === 2 ? ((part[0] ?? 0) << 8) | (part[1] ?? 0) : addressText(part);
      from += field.bytes;
    }
    return true;
  }
}

function versionIn(key: number, wanted: Uint8Array): 4 | 6 | undefined {
  return ([4, 6] as const).find((version) =>
    [NFPROTO[version], ETHERTYPE[version]].some(([known, bytes]) => known === key && same(wanted, bytes)),
  );
}

const value = (nested: Uint8Array | undefined): Uint8Array =>
  nfNested(nested).get(linux.NFTA_DATA_VALUE) ?? new Uint8Array();

const same = (bytes: Uint8Array, wanted: ArrayLike<number>): boolean =>
  bytes.length === wanted.length && bytes.every((byte, i) => byte === wanted[i]);

const addressText = (bytes: Uint8Array): string =>
  bytes.length === 4 ? formatIpv4Address(valueOf(bytes, 4).getUint32(0)) : formatIpv6Address(bytes);
