/** What the driver opens connections with where the user says nothing: Linux's offer, for either family. */
import { LINUX_OFFER, type OpenOptions } from '../tcp/index.js';

/** How long a connection that its user has closed waits for the other side's FIN: Linux's `tcp_fin_timeout`. */
const FIN_WAIT2_MS = 60_000;

/** Over IPv6 a segment holds 20 bytes less, and so does what is assumed where no MSS is told. RFC 9293 §3.7.1. */
export const defaultOffer = (address: string): Omit<OpenOptions, 'iss'> => ({
  ...LINUX_OFFER,
  finWait2Ms: FIN_WAIT2_MS,
  ...(address.includes(':') && { mss: 1440, window: 64800, defaultMss: 1220 }),
});
