/** What can be wrong with bytes from outside, and with values given to an emitter. */
import { err, type Result } from './result.js';

/** The layer whose bytes could not be what they claim. */
export type WireLayer =
  'link' | 'ethernet' | 'sll' | 'sll2' | 'null' | 'arp' | 'ip' | 'ipv4' | 'ipv6' | 'icmp' | 'icmpv6' | 'ndp' | 'tcp';

/**
 * `truncated`: the bytes end before the layer does. `bad-length`: a length field contradicts itself.
 * `bad-version`: the IP version is neither 4 nor 6, or not the one that the layer below announced.
 * `too-many`: more headers than are read of one packet.
 */
export type WireErrorCode = 'truncated' | 'bad-length' | 'bad-version' | 'too-many';

/** Why bytes could not be parsed. */
export interface WireError {
  readonly code: WireErrorCode;
  readonly layer: WireLayer;
  /** Where the layer starts, in bytes from the start of what was parsed. */
  readonly offset: number;
  /** Bytes that the layer needs (`bad-version`: the version expected, 0 for either; `too-many`: the most that are read). */
  readonly need: number;
  /** Bytes that are there (`bad-version`: the version found; `too-many`: the number of the first that is not read). */
  readonly have: number;
  /** The same in one sentence. */
  readonly message: string;
}

/** Bytes that end too early. */
export const truncated = (layer: WireLayer, offset: number, need: number, have: number): WireError => ({
  code: 'truncated',
  layer,
  offset,
  need,
  have,
  message: `${layer} at offset ${offset}: needs ${need} bytes, has ${have}`,
});

/** A length field that says less than its own header takes. */
export const badLength = (
  layer: WireLayer,
  offset: number,
  field: string,
  need: number,
  have: number,
): Result<never, WireError> =>
  err({
    code: 'bad-length',
    layer,
    offset,
    need,
    have,
    message: `${layer} at offset ${offset}: ${field} says ${have} bytes, at least ${need} are needed`,
  });

/** An IP version that is not the one expected (0: either). */
export const badVersion = (offset: number, need: number, have: number): Result<never, WireError> =>
  err({
    code: 'bad-version',
    layer: 'ip',
    offset,
    need,
    have,
    message: `ip at offset ${offset}: version ${have} is not ${need === 0 ? '4 or 6' : need}`,
  });

/** Headers of one kind, of which `most` are read. `offset`: of the first beyond. */
export const tooMany = (layer: WireLayer, offset: number, what: string, most: number): WireError => ({
  code: 'too-many',
  layer,
  offset,
  need: most,
  have: most + 1,
  message: `${layer} at offset ${offset}: more than ${most} ${what}`,
});

/** A value that an emitter cannot put into bytes: thrown, since it is the caller's own and not outside input. */
export type WireInputError = RangeError & {
  readonly code: 'RS_BAD_FIELD';
  /** The message in Chinese. */
  readonly zh: string;
  /** What to give instead. */
  readonly hint: string;
};

/** The error for a value that bytes cannot hold. */
export const badField = (field: string, value: unknown, hint: string): WireInputError =>
  Object.assign(new RangeError(`${field}: ${String(value)} does not fit`), {
    code: 'RS_BAD_FIELD' as const,
    zh: `${field}：${String(value)} 放不下`,
    hint,
  });

const unsignedHint = (bits: number): string =>
  bits <= 32 ? `an integer from 0 to ${2 ** bits - 1}` : `an integer of ${bits} bits`;

/** `value` if it is an unsigned integer of at most `bits` bits (up to 31). Throws `WireInputError`. */
export const fits = (field: string, value: number, bits: number): number => {
  if (value >>> 0 !== value || value >>> bits !== 0) throw badField(field, value, unsignedHint(bits));
  return value;
};

/** `value` if it is an unsigned 32-bit integer. Throws `WireInputError`. */
export const fits32 = (field: string, value: number): number => {
  if (value >>> 0 !== value) throw badField(field, value, unsignedHint(32));
  return value;
};
