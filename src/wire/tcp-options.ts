/** TCP options: kind, length, value. RFC 9293 §3.1 and §3.2; RFC 7323 (window scale, timestamps); RFC 2018 (SACK). */

/** One TCP option, in the order in which it stands in the header. */
export type TcpOption =
  | { readonly kind: 'eol' }
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
  /** Any other kind: its number and the bytes behind kind and length. `length` where the length byte is to lie. */
  | { readonly kind: 'unknown'; readonly code: number; readonly data: Uint8Array; readonly length?: number };
