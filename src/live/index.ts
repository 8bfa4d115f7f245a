/** Hand-made connections on the network that one stands in. */
export { dial, type Dialled, type DialOptions } from './dial.js';
export type { FlowCapture } from './flow-capture.js';
export type { LeftOut, PacketRecord } from '../evidence/kept-packets.js';
export type { FilterChoice } from './filter.js';
export type { PressureReport } from './pressure-watch.js';
export { probe, type ProbeOptions, type ProbeOutcome, type ProbeReply, type ProbeResult } from './probe.js';
export { serve, type Served, type ServeOptions } from './serve.js';
export { watch, type Watch, type WatchOptions } from './watch/watch.js';
export type { PassedFrame } from '../linux/capture/turn-ring.js';
export type { WatchFinding, WatchSummary } from '../diagnosis/watched/watch-finding.js';
