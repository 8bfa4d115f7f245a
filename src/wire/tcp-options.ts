/**
 * TCP options: kind, length, value. RFC 9293 §3.1 and §3.2; RFC 7323 (window scale, timestamps); RFC 2018 (SACK);
 * RFC 7413 (Fast Open); RFC 5482 (user timeout).
 */
import { copyOf, put16, put32, putBytes, u16, u32, u8 } from './bytes.js';
import { fits, fits32 } from './error.js';

/** One TCP option, in the order in which it stands in the header. */
export type TcpOption =
  /** End of the list. `padding`: the bytes behind it, where they are not the zeros that fill the last 32-bit word. */
  | { readonly kind: 'eol'; readonly padding?: Uint8Array }
  | { readonly kind: 'nop' }
  /** Maximum segment size in bytes. RFC 9293 §3.7.1. */
  | { readonly kind: 'mss'; readonly mss: number }
  /** Left shift of the window field, 0 to 14 (as given even beyond). RFC 7323 §2.2. */
  | { readonly kind: 'wscale'; readonly shift: number }
  | { readonly kind: 'sackOK' }
  /** Blocks received beyond the cumulative ACK: left edge, right edge (exclusive). RFC 2018 §3. */
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [left: number, right: number])[] }
  /** TSval and TSecr. RFC 7323 §3.2. */
  | { readonly kind: 'timestamps'; readonly value: number; readonly echo: number }
  /** Fast Open: a cookie, or an empty one to ask for it; `experimental`: as kind 254, magic 0xf989. RFC 7413 §4.1.1. */
  | { readonly kind: 'fastOpen'; readonly cookie: Uint8Array; readonly experimental?: boolean }
  /** How long unacknowledged data may stay so, in seconds or, with `minutes`, in minutes. RFC 5482 §3. */
  | { readonly kind: 'userTimeout'; readonly timeout: number; readonly minutes: boolean }
  /** Any other kind: its number and the bytes behind kind and length. `length` where the length byte is to lie. */
  | { readonly kind: 'unknown'; readonly code: number; readonly data: Uint8Array; readonly length?: number }
  /** Bytes as they are, where not even a length byte is left. */
  | { readonly kind: 'raw'; readonly data: Uint8Array };

/** Option kinds by their IANA number ("TCP Option Kind Numbers"). */
export const TcpOptionKind = {
  EOL: 0,
  NOP: 1,
  MSS: 2,
  WSCALE: 3,
  SACK_OK: 4,
  SACK: 5,
  TIMESTAMPS: 8,
  MD5: 19,
  USER_TIMEOUT: 28,
  TCP_AO: 29,
  MPTCP: 30,
  FAST_OPEN: 34,
  EXPERIMENT_1: 253,
  EXPERIMENT_2: 254,
} as const;

/** The experiment identifier of Fast Open before it had its own kind. RFC 7413 §4.1.1, RFC 6994. */
const fastOpenMagic = 0xf989;

/** An experimental Fast Open's lead: kind, length, magic. */
const experimentalLead = 4;

/** The bytes that one option takes. */
const optionLength = (option: TcpOption): number => {
  switch (option.kind) {
    case 'nop':
      return 1;
    case 'mss':
      return 4;
    case 'sackOK':
      return 2;
    case 'timestamps':
      return 10;
    case 'wscale':
      return 3;
    case 'eol':
      return 1 + (option.padding?.length ?? 0);
    case 'sack':
      return 2 + 8 * option.blocks.length;
    case 'fastOpen':
      return (option.experimental === true ? experimentalLead : 2) + option.cookie.length;
    case 'userTimeout':
      return 4;
    case 'unknown':
      return 2 + option.data.length;
    case 'raw':
      return option.data.length;
  }
};

/** The bytes that the options take together, before padding. */
export const tcpOptionsLength = (options: readonly TcpOption[]): number => {
  let length = 0;
  for (const option of options) length += optionLength(option);
  return length;
};

const writeLead = (out: Uint8Array, at: number, kind: number, length: number): void => {
  out[at] = kind;
  out[at + 1] = length;
};

/** Writes one option at `at` and returns where the next one goes. */
const writeOption = (out: Uint8Array, at: number, option: TcpOption): number => {
  switch (option.kind) {
    case 'nop':
      out[at] = TcpOptionKind.NOP;
      return at + 1;
    case 'mss':
      writeLead(out, at, TcpOptionKind.MSS, 4);
      put16(out, at + 2, fits('tcp.options.mss', option.mss, 16));
      return at + 4;
    case 'sackOK':
      writeLead(out, at, TcpOptionKind.SACK_OK, 2);
      return at + 2;
    case 'timestamps':
      writeLead(out, at, TcpOptionKind.TIMESTAMPS, 10);
      put32(out, at + 2, fits32('tcp.options.timestamps.value', option.value));
      put32(out, at + 6, fits32('tcp.options.timestamps.echo', option.echo));
      return at + 10;
    case 'wscale':
      writeLead(out, at, TcpOptionKind.WSCALE, 3);
      out[at + 2] = fits('tcp.options.wscale', option.shift, 8);
      return at + 3;
    case 'eol':
      out[at] = TcpOptionKind.EOL;
      if (option.padding === undefined) return at + 1;
      putBytes(out, at + 1, option.padding);
      return at + 1 + option.padding.length;
    case 'sack':
      return writeSack(out, at, option.blocks);
    case 'fastOpen':
      return writeFastOpen(out, at, option.cookie, option.experimental === true);
    case 'userTimeout':
      writeLead(out, at, TcpOptionKind.USER_TIMEOUT, 4);
      put16(out, at + 2, fits('tcp.options.userTimeout', option.timeout, 15) | (option.minutes ? 0x8000 : 0));
      return at + 4;
    case 'unknown':
      writeLead(
        out,
        at,
        fits('tcp.options.code', option.code, 8),
        checkedLength(option.length ?? 2 + option.data.length),
      );
      putBytes(out, at + 2, option.data);
      return at + 2 + option.data.length;
    case 'raw':
      putBytes(out, at, option.data);
      return at + option.data.length;
  }
};

const checkedLength = (length: number): number => fits('tcp.options.length', length, 8);

const writeSack = (out: Uint8Array, at: number, blocks: readonly (readonly [number, number])[]): number => {
  writeLead(out, at, TcpOptionKind.SACK, checkedLength(2 + 8 * blocks.length));
  let next = at + 2;
  for (const [left, right] of blocks) {
    put32(out, next, fits32('tcp.options.sack.left', left));
    put32(out, next + 4, fits32('tcp.options.sack.right', right));
    next += 8;
  }
  return next;
};

const writeFastOpen = (out: Uint8Array, at: number, cookie: Uint8Array, experimental: boolean): number => {
  const lead = experimental ? experimentalLead : 2;
  const kind = experimental ? TcpOptionKind.EXPERIMENT_2 : TcpOptionKind.FAST_OPEN;
  writeLead(out, at, kind, checkedLength(lead + cookie.length));
  if (experimental) put16(out, at + 2, fastOpenMagic);
  putBytes(out, at + lead, cookie);
  return at + lead + cookie.length;
};

/** Writes options one behind the other at `at`. Returns where they end. Throws `WireInputError`. */
export const writeTcpOptions = (out: Uint8Array, at: number, options: readonly TcpOption[]): number => {
  let next = at;
  for (const option of options) next = writeOption(out, next, option);
  return next;
};

/** Options as bytes, padded with zeros to whole 32-bit words. Throws `WireInputError`. */
export const emitTcpOptions = (options: readonly TcpOption[]): Uint8Array => {
  const out = new Uint8Array((tcpOptionsLength(options) + 3) & ~3);
  writeTcpOptions(out, 0, options);
  return out;
};

const nop: TcpOption = { kind: 'nop' };
const eol: TcpOption = { kind: 'eol' };
const sackOK: TcpOption = { kind: 'sackOK' };
const noOptions: readonly TcpOption[] = [];

/** EOL at `at`, and the bytes behind it where the emitter's own padding would not give the same. */
const readEol = (bytes: Uint8Array, start: number, at: number, end: number): TcpOption => {
  let padded = end - start === ((at + 1 - start + 3) & ~3);
  for (let i = at + 1; i < end; i++) if (bytes[i] !== 0) padded = false;
  return padded ? eol : { kind: 'eol', padding: copyOf(bytes, at + 1, end) };
};

const readSack = (bytes: Uint8Array, at: number, length: number): TcpOption => {
  const blocks: (readonly [number, number])[] = [];
  for (let i = at + 2; i < at + length; i += 8) blocks.push([u32(bytes, i), u32(bytes, i + 4)]);
  return { kind: 'sack', blocks };
};

/** The option at `at`, whose length byte fits into what is there. A known kind with an odd length is `unknown`. */
const readOption = (bytes: Uint8Array, at: number, kind: number, length: number): TcpOption => {
  switch (kind) {
    case TcpOptionKind.MSS:
      if (length === 4) return { kind: 'mss', mss: u16(bytes, at + 2) };
      break;
    case TcpOptionKind.WSCALE:
      if (length === 3) return { kind: 'wscale', shift: u8(bytes, at + 2) };
      break;
    case TcpOptionKind.SACK_OK:
      if (length === 2) return sackOK;
      break;
    case TcpOptionKind.TIMESTAMPS:
      if (length === 10) return { kind: 'timestamps', value: u32(bytes, at + 2), echo: u32(bytes, at + 6) };
      break;
    case TcpOptionKind.SACK:
      if (length % 8 === 2) return readSack(bytes, at, length);
      break;
    case TcpOptionKind.FAST_OPEN:
      return { kind: 'fastOpen', cookie: copyOf(bytes, at + 2, at + length) };
    case TcpOptionKind.EXPERIMENT_2:
      if (length >= experimentalLead && u16(bytes, at + 2) === fastOpenMagic)
        return { kind: 'fastOpen', cookie: copyOf(bytes, at + experimentalLead, at + length), experimental: true };
      break;
    case TcpOptionKind.USER_TIMEOUT: {
      const value = u16(bytes, at + 2);
      if (length === 4) return { kind: 'userTimeout', timeout: value & 0x7fff, minutes: value >= 0x8000 };
      break;
    }
  }
  return { kind: 'unknown', code: kind, data: copyOf(bytes, at + 2, at + length) };
};

/** Reads the options in `bytes[start, end)`, a whole number of 32-bit words. Any bytes are some list of options. */
export const readTcpOptions = (bytes: Uint8Array, start: number, end: number): readonly TcpOption[] => {
  if (start >= end) return noOptions;
  const options: TcpOption[] = [];
  for (let at = start; at < end;) {
    const kind = u8(bytes, at);
    if (kind === TcpOptionKind.NOP) {
      options.push(nop);
      at++;
      continue;
    }
    if (kind === TcpOptionKind.EOL) {
      options.push(readEol(bytes, start, at, end));
      break;
    }
    if (at + 1 === end) {
      options.push({ kind: 'raw', data: copyOf(bytes, at, end) });
      break;
    }
    const length = u8(bytes, at + 1);
    if (length < 2 || at + length > end) {
      options.push({ kind: 'unknown', code: kind, data: copyOf(bytes, at + 2, end), length });
      break;
    }
    options.push(readOption(bytes, at, kind, length));
    at += length;
  }
  return options;
};
