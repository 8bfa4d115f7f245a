/**
 * Where bulk handshakes come from: a network set aside for benchmarks (RFC 2544 §C.2.2), of which no host of a lab owns
 * an address. A four-tuple is a number, its place in the tables of the engine.
 */

export const SOURCE_NETWORK = '198.18.0.0/16';
export const isSource = (address: string): boolean => address.startsWith('198.18.');
/** Its upper half, for the filter. */
export const SOURCE_PREFIX = 0xc612;
const FIRST_ADDRESS = 0xc6120001;
const FIRST_PORT = 1024;
const PORTS = 65536 - FIRST_PORT;

/**
 * As many as there are handshakes, up to a number that is enough for the window; beyond, they are used again, with greater
 * sequence numbers, and the tables stay small.
 */
export const tuplesFor = (count: number, window: number): number =>
  Math.min(count, Math.max(1 << 16, Math.ceil(1.125 * window)));

/** How many a run may have where none is used again: their tables take some 20 bytes each. */
export const MOST_DISTINCT = 1 << 20;

/** The source address of four-tuple `index`, as an unsigned number. */
export const sourceAddress = (index: number): number => FIRST_ADDRESS + ((index / PORTS) | 0);

export const sourcePort = (index: number): number => FIRST_PORT + (index % PORTS);

/** The four-tuple with this source; negative or beyond the tables where it is none of them. */
export const tupleOf = (address: number, port: number): number =>
  port < FIRST_PORT ? -1 : (address - FIRST_ADDRESS) * PORTS + (port - FIRST_PORT);
