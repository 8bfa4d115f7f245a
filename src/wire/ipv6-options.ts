/** The options inside hop-by-hop and destination headers: type, length, value. RFC 8200 §4.2. */
import { copyOf, putBytes, u8 } from './bytes.js';
import { fits } from './error.js';

/** One option, in the order in which it stands in the header. */
export type Ipv6Option =
  /** One byte of padding. */
  | { readonly kind: 'pad1' }
  /** Any other (PadN is type 1): its type and the bytes behind type and length. `length` where the length byte is to lie. */
  | { readonly kind: 'option'; readonly type: number; readonly data: Uint8Array; readonly length?: number }
  /** Bytes as they are, where not even a length byte is left. */
  | { readonly kind: 'raw'; readonly data: Uint8Array };

/** Option types ("Destination Options and Hop-by-Hop Options", IANA). */
export const Ipv6OptionType = { PAD1: 0, PADN: 1, ROUTER_ALERT: 5, JUMBO_PAYLOAD: 0xc2 } as const;

const optionLength = (option: Ipv6Option): number => {
  switch (option.kind) {
    case 'pad1':
      return 1;
    case 'option':
      return 2 + option.data.length;
    case 'raw':
      return option.data.length;
  }
};

/** The bytes that the options themselves take. */
const plainLength = (options: readonly Ipv6Option[]): number =>
  options.reduce((length, option) => length + optionLength(option), 0);

/** The bytes that the options take with the padding that fills the header (2 bytes before them) to a multiple of 8. */
export const ipv6OptionsLength = (options: readonly Ipv6Option[]): number => ((plainLength(options) + 2 + 7) & ~7) - 2;

/** Writes options at `at`, padded with Pad1 or PadN as `ipv6OptionsLength` counts it. Throws `WireInputError`. */
export const writeIpv6Options = (out: Uint8Array, at: number, options: readonly Ipv6Option[]): void => {
  let next = at;
  for (const option of options) {
    switch (option.kind) {
      case 'pad1':
        break;
      case 'option':
        out[next] = fits('ip.extensions.options.type', option.type, 8);
        out[next + 1] = fits('ip.extensions.options.length', option.length ?? option.data.length, 8);
        putBytes(out, next + 2, option.data);
        break;
      case 'raw':
        putBytes(out, next, option.data);
        break;
    }
    next += optionLength(option);
  }
  const padding = at + ipv6OptionsLength(options) - next;
  if (padding < 2) return;
  out[next] = Ipv6OptionType.PADN;
  out[next + 1] = padding - 2;
};

/** Reads the options in `bytes[start, end)`. Any bytes are some list of options. */
export const readIpv6Options = (bytes: Uint8Array, start: number, end: number): readonly Ipv6Option[] => {
  const options: Ipv6Option[] = [];
  for (let at = start; at < end;) {
    const type = u8(bytes, at);
    if (type === Ipv6OptionType.PAD1) {
      options.push({ kind: 'pad1' });
      at++;
      continue;
    }
    if (at + 1 === end) {
      options.push({ kind: 'raw', data: copyOf(bytes, at, end) });
      break;
    }
    const length = u8(bytes, at + 1);
    if (at + 2 + length > end) {
      options.push({ kind: 'option', type, data: copyOf(bytes, at + 2, end), length });
      break;
    }
    options.push({ kind: 'option', type, data: copyOf(bytes, at + 2, at + 2 + length) });
    at += 2 + length;
  }
  return options;
};
