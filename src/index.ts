/** rawshake: TCP handshakes made by hand. The wire, the machine, the filters and the lab have entries of their own. */
export * from './bulk/index.js';
export * from './driver/index.js';
export { RawshakeError, type Language, type RawshakeErrorCode, type RawshakeErrorDetails, type Text } from './error.js';
export * from './filter/index.js';
export * from './lab/index.js';
export * from './live/index.js';
export { systemClock } from './linux/clock.js';
export { systemHost, type SystemHost } from './linux/filter-host.js';
export type { LeftAlone } from './linux/journal.js';
export { ephemeralPort } from './linux/source-port.js';
export { openPort, type TransportChoice } from './linux/transport.js';
export type { PortOptions } from './linux/raw-flow.js';
export type { Zone } from './linux/zone.js';
