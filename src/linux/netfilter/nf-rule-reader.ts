/**
 * What a rule of nf_tables does, from its expressions, as far as it is like ours: they are followed as the kernel carries them out,
 * in whatever order nft has chosen. <linux/netfilter/nf_tables.h>.
 */
import type { NftRule } from '../../filter/ports.js';
import * as linux from '../libc/constants.js';
import { REGISTER } from './nf-expressions.js';
import { ETHERTYPE, FIELDS, FLAGS_AT, NFPROTO, RST, TCP } from './nf-rule.js';
import type { Attributes } from '../netlink/attributes.js';
import { addressText } from '../port/raw-flow.js';

interface ReadRule extends Omit<NftRule, 'comment'> {
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

/**
 * From the list of its expressions, one after the other: the same name may come again. Anything that is not known leaves it not
 * understood: whatever it is, the rule is not ours.
 */
export function readExpressions(expressions: readonly Attributes[]): ReadRule {
  const reader = new RuleReader();
  for (const one of expressions) reader.read(one.text(linux.NFTA_EXPR_NAME), one.nested(linux.NFTA_EXPR_DATA));
  return reader.result();
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

  read(name: string, data: Attributes): void {
    if (this.#dropped || !this.#take(name, data)) this.#understood = false;
  }

  /** Whether it is known. */
  #take(name: string, data: Attributes): boolean {
    const number = (type: number): number => data.be32(type) ?? 0;
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
          this.#compare(number(linux.NFTA_CMP_OP), value(data.nested(linux.NFTA_CMP_DATA)))
        );
      case 'counter':
        this.#counters = {
          packets: Number(data.be64(linux.NFTA_COUNTER_PACKETS) ?? 0n),
          bytes: Number(data.be64(linux.NFTA_COUNTER_BYTES) ?? 0n),
        };
        return true;
      case 'immediate': {
        const verdict = data.nested(linux.NFTA_IMMEDIATE_DATA).nested(linux.NFTA_DATA_VERDICT);
        this.#dropped = verdict.be32(linux.NFTA_VERDICT_CODE) === linux.NF_DROP;
        return this.#dropped && number(linux.NFTA_IMMEDIATE_DREG) === linux.NFT_REG_VERDICT;
      }
      default:
        return false;
    }
  }

  /** `tcp flags & rst`, and no other mask of anything. */
  #takeFlags(data: Attributes): boolean {
    const loaded = this.#loaded;
    const mask = value(data.nested(linux.NFTA_BITWISE_MASK));
    const xor = value(data.nested(linux.NFTA_BITWISE_XOR));
    const isFlags =
      loaded?.from === 'payload' &&
      loaded.base === linux.NFT_PAYLOAD_TRANSPORT_HEADER &&
      loaded.at === FLAGS_AT &&
      loaded.bytes === 1;
    this.#loaded = { from: 'reset flag' };
    const operation = data.be32(linux.NFTA_BITWISE_OP) ?? 0;
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

const value = (data: Attributes): Uint8Array => data.bytes(linux.NFTA_DATA_VALUE) ?? new Uint8Array();

const same = (bytes: Uint8Array, wanted: ArrayLike<number>): boolean =>
  bytes.length === wanted.length && bytes.every((byte, i) => byte === wanted[i]);
