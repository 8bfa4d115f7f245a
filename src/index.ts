/** rawshake: TCP handshakes made by hand. The wire, the machine, the filters and the lab have entries of their own. */
export * from './bulk/index.js';
export * from './driver/index.js';
export { RawshakeError, type Language, type RawshakeErrorCode, type RawshakeErrorDetails, type Text } from './error.js';
export * from './filter/index.js';
export * from './lab/index.js';
export * from './live/index.js';
export { systemClock } from './linux/libc/clock.js';
export { systemHost, type SystemHost } from './linux/filter/filter-host.js';
export type { LeftAlone } from './linux/filter/journal.js';
export { ephemeralPort } from './linux/port/source-port.js';
export { openPort, type TransportChoice } from './linux/port/transport.js';
export type { PortOptions } from './linux/port/raw-flow.js';
export type { Zone } from './linux/port/zone.js';
