/** IPv4 options. RFC 791 §3.1; router alert: RFC 2113. */
import { formatIpv4Address } from './address.js';
import { ipv4Value } from './address-cache.js';
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { fits } from './error.js';

/** The kinds that hold a list of addresses and a pointer into it. */
export type RouteKind = 'recordRoute' | 'looseSourceRoute' | 'strictSourceRoute';

/** One IPv4 option, in the order in which it stands in the header. */
export type Ipv4Option =
  /** End of the list. `padding`: the bytes behind it, where they are not the zeros that fill the last 32-bit word. */
  | { readonly kind: 'eol'; readonly padding?: Uint8Array }
  | { readonly kind: 'nop' }
  /** A route to fill in or to follow. `pointer`: 1-based offset of the next address within the option, 4 for the first. */
  | { readonly kind: RouteKind; readonly pointer: number; readonly route: readonly string[] }
  /** Every router on the way is to look at the packet. RFC 2113 §2.1. */
  | { readonly kind: 'routerAlert'; readonly value: number }
  /** Any other: the whole type byte (copy bit, class, number) and the bytes behind type and length. `length` where the length byte is to lie. */
  | { readonly kind: 'unknown'; readonly code: number; readonly data: Uint8Array; readonly length?: number }
  /** Bytes as they are, where not even a length byte is left. */
  | { readonly kind: 'raw'; readonly data: Uint8Array };

/** Type bytes by option ("IP Option Numbers", IANA). */
export const Ipv4OptionCode = {
  EOL: 0,
  NOP: 1,
  RECORD_ROUTE: 7,
  TIMESTAMP: 68,
  LOOSE_SOURCE_ROUTE: 131,
  STRICT_SOURCE_ROUTE: 137,
  ROUTER_ALERT: 148,
} as const;

const routeCode: Readonly<Record<RouteKind, number>> = {
  recordRoute: Ipv4OptionCode.RECORD_ROUTE,
  looseSourceRoute: Ipv4OptionCode.LOOSE_SOURCE_ROUTE,
  strictSourceRoute: Ipv4OptionCode.STRICT_SOURCE_ROUTE,
};

const optionLength = (option: Ipv4Option): number => {
  switch (option.kind) {
    case 'eol':
      return 1 + (option.padding?.length ?? 0);
    case 'nop':
      return 1;
    case 'recordRoute':
    case 'looseSourceRoute':
    case 'strictSourceRoute':
      return 3 + 4 * option.route.length;
    case 'routerAlert':
      return 4;
    case 'unknown':
      return 2 + option.data.length;
    case 'raw':
      return option.data.length;
  }
};

/** The bytes that the options take together, before padding. */
export const ipv4OptionsLength = (options: readonly Ipv4Option[]): number =>
  options.reduce((length, option) => length + optionLength(option), 0);

const writeOption = (out: Uint8Array, at: number, option: Ipv4Option): void => {
  const lead = (code: number, length: number): void => {
    out[at] = fits('ip.options.code', code, 8);
    out[at + 1] = fits('ip.options.length', length, 8);
  };
  switch (option.kind) {
    case 'eol':
      out[at] = Ipv4OptionCode.EOL;
      if (option.padding !== undefined) putBytes(out, at + 1, option.padding);
      return;
    case 'nop':
      out[at] = Ipv4OptionCode.NOP;
      return;
    case 'recordRoute':
    case 'looseSourceRoute':
    case 'strictSourceRoute':
      lead(routeCode[option.kind], optionLength(option));
      out[at + 2] = fits('ip.options.pointer', option.pointer, 8);
      for (const [i, hop] of option.route.entries()) put32(out, at + 3 + 4 * i, ipv4Value('ip.options.route', hop));
      return;
    case 'routerAlert':
      lead(Ipv4OptionCode.ROUTER_ALERT, 4);
      put16(out, at + 2, fits('ip.options.routerAlert', option.value, 16));
      return;
    case 'unknown':
      lead(option.code, option.length ?? 2 + option.data.length);
      putBytes(out, at + 2, option.data);
      return;
    case 'raw':
      putBytes(out, at, option.data);
      return;
  }
};

/** Writes options one behind the other at `at`. Throws `WireInputError`. */
export const writeIpv4Options = (out: Uint8Array, at: number, options: readonly Ipv4Option[]): void => {
  let next = at;
  for (const option of options) {
    writeOption(out, next, option);
    next += optionLength(option);
  }
};

const readRoute = (kind: RouteKind, bytes: Uint8Array, at: number, length: number): Ipv4Option => {
  const route: string[] = [];
  for (let i = at + 3; i < at + length; i += 4) route.push(formatIpv4Address(u32(bytes, i)));
  return { kind, pointer: u8(bytes, at + 2), route };
};

const readOption = (bytes: Uint8Array, at: number, code: number, length: number): Ipv4Option => {
  const wholeRoute = length >= 3 && length % 4 === 3;
  if (code === Ipv4OptionCode.RECORD_ROUTE && wholeRoute) return readRoute('recordRoute', bytes, at, length);
  if (code === Ipv4OptionCode.LOOSE_SOURCE_ROUTE && wholeRoute) return readRoute('looseSourceRoute', bytes, at, length);
  if (code === Ipv4OptionCode.STRICT_SOURCE_ROUTE && wholeRoute)
    return readRoute('strictSourceRoute', bytes, at, length);
  if (code === Ipv4OptionCode.ROUTER_ALERT && length === 4) return { kind: 'routerAlert', value: u16(bytes, at + 2) };
  return { kind: 'unknown', code, data: copyOf(bytes, at + 2, at + length) };
};

/** EOL at `at`, and the bytes behind it where the emitter's own padding would not give the same. */
const readEol = (bytes: Uint8Array, start: number, at: number, end: number): Ipv4Option => {
  const padding = bytes.subarray(at + 1, end);
  const padded = end - start === ((at + 1 - start + 3) & ~3) && padding.every((byte) => byte === 0);
  return padded ? { kind: 'eol' } : { kind: 'eol', padding: padding.slice() };
};

const noOptions: readonly Ipv4Option[] = [];

/** Reads the options in `bytes[start, end)`, a whole number of 32-bit words. Any bytes are some list of options. */
export const readIpv4Options = (bytes: Uint8Array, start: number, end: number): readonly Ipv4Option[] => {
  if (start >= end) return noOptions;
  const options: Ipv4Option[] = [];
  for (let at = start; at < end;) {
    const code = u8(bytes, at);
    const length = at + 1 < end ? u8(bytes, at + 1) : undefined;
    if (code === Ipv4OptionCode.NOP) {
      options.push({ kind: 'nop' });
      at++;
    } else if (code === Ipv4OptionCode.EOL) {
      options.push(readEol(bytes, start, at, end));
      at = end;
    } else if (length === undefined) {
      options.push({ kind: 'raw', data: copyOf(bytes, at, end) });
      at = end;
    } else if (length < 2 || at + length > end) {
      options.push({ kind: 'unknown', code, data: copyOf(bytes, at + 2, end), length });
      at = end;
    } else {
      options.push(readOption(bytes, at, code, length));
      at += length;
    }
  }
  return options;
};

/**
 * Where the packet ends up once its source route is used up: the last address of a route not yet at its end;
 * undefined where there is none. TCP's pseudo header has that one. RFC 9293 §3.9.2.1. Only the first route counts:
 * a packet may have one (RFC 1122 §3.2.1.8).
 */
export const finalHop = (options: readonly Ipv4Option[]): string | undefined => {
  for (const option of options) {
    if (option.kind !== 'looseSourceRoute' && option.kind !== 'strictSourceRoute') continue;
    return option.pointer <= 4 * option.route.length ? option.route.at(-1) : undefined;
  }
  return undefined;
};
