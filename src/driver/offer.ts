/** What differs over IPv6 from Linux's offer over IPv4: 20 bytes less in a segment, and another default. RFC 9293 §3.7.1. */
import type { OpenOptions } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';

export const ipv6Offer = ({ dst }: Flow): Partial<OpenOptions> =>
  dst.includes(':') ? { mss: 1440, window: 64800, defaultMss: 1220 } : {};
