/** What the driver opens connections with where the user says nothing: Linux's offer, for either family. */
import { LINUX_OFFER, type OpenOptions } from '../tcp/index.js';

/** Over IPv6 a segment holds 20 bytes less, and so does what is assumed where no MSS is told. RFC 9293 §3.7.1. */
export const defaultOffer = (address: string): Omit<OpenOptions, 'iss'> => ({
  ...LINUX_OFFER,
  ...(address.includes(':') && { mss: 1440, window: 64800, defaultMss: 1220 }),
});
