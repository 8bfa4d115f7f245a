/** Labs: two hosts in private namespaces, hand-made handshakes between them, and what came of them. */
export { ADDRESSES, CLIENT_PORT, LINK, SERVER_PORT, type Family } from './addresses.js';
export { compare, type CompareOptions } from './compare.js';
export { kernelEvents, type KernelEvidenceOptions } from './kernel-evidence.js';
export { createLab, type Lab, type LabOptions, type RelayLab } from './lab.js';
export type { LabHost } from './host.js';
export type { Direction, FrameFate, FramePattern, Relay, RelayedFrame, RelayRule } from './relay.js';
export { REMEDIES } from './remedies/index.js';
export type { Cost, Remedy } from './remedies/remedy.js';
export { type KernelTrace, openKernelTrace } from '../linux/kernel-trace.js';
export { counterDifference, type CounterDifferences, type SnmpCounters } from '../evidence/counters.js';
export type { KernelEvent, SystemCall } from '../evidence/kernel-event.js';
export type { SocketRow, SocketTableSnapshot } from '../evidence/socket-table.js';
export { systemCalls } from '../evidence/trace/calls.js';
export type { HostName } from '../evidence/host.js';
export type { Lookup, Owner } from '../evidence/lookup.js';
export type { Outcome } from '../evidence/outcome.js';
export type { ObservedPacket, Sender } from '../evidence/packet.js';
export type { HandshakeRun, ObservedFrame, RemedyId, RuleEvidence } from '../evidence/run.js';
