/** What the driver opens connections with where the user says nothing: Linux's offer, for either family. */
import { LINUX_OFFER, type OpenOptions } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import { timestampOffset } from './iss.js';

/** Over IPv6 a segment holds 20 bytes less, and so does what is assumed where no MSS is told. RFC 9293 §3.7.1. */
export const linuxOffer = (address: string): Omit<OpenOptions, 'iss'> => ({
  ...LINUX_OFFER,
  ...(address.includes(':') && { mss: 1440, window: 64800, defaultMss: 1220 }),
});

/** The same for one connection, whose timestamps begin where nobody can guess. */
export const defaultOffer = (flow: Flow): Omit<OpenOptions, 'iss'> => ({
  ...linuxOffer(flow.src),
  timestamps: { offset: timestampOffset(flow) },
});
