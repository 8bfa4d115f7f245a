/** Labs: two hosts in private namespaces, hand-made handshakes between them, and what came of them. */
export {
  ADDRESSES,
  CLIENT_PORT,
  LINK,
  SERVER_PORT,
  type Family,
  type HostAddresses,
  type Station,
} from './addresses.js';
export { compare, type CompareOptions } from './compare.js';
export { run } from './run/run.js';
export type { RunOptions } from './run/options.js';
export {
  type CureId,
  CURES,
  type Opposite,
  OPPOSITES,
  type ProgramEnd,
  type ProgramRun,
} from '../evidence/program-run.js';
export { kernelEvents, type KernelEvidenceOptions } from './kernel-evidence.js';
export { createLab, type Lab, type LabOptions, type RelayLab } from './lab.js';
export { onBench, onRelayBench, type Bench } from './bench/bench.js';
export type { BenchOptions } from './bench/bench-options.js';
export { type EndpointOptions, openEndpoint } from './bench/open-endpoint.js';
export type { Endpoint, ExpectOptions, SendFields, WithinMs } from './bench/endpoint.js';
export { type Awaited, ExpectationError, type Unexpected } from './bench/expectation.js';
export type { LabHost } from './host.js';
export type { Direction, FrameFate, FramePattern, Relay, RelayedFrame, RelayRule } from './relay.js';
export { REMEDIES } from './remedies/index.js';
export type { Cost, Remedy, RuleInForce, RuleWork } from './remedies/remedy.js';
export type { BpfInstruction } from '../linux/libc/socket.js';
export type { Capture, CapturedFrame, FrameTap } from '../linux/capture/capture.js';
export type { CommandOptions } from '../linux/process/command.js';
export type { Leases } from '../linux/process/leases.js';
export type { NfTables } from '../linux/netfilter/nf-tables.js';
export { openNamespace, type NetworkNamespace } from '../linux/namespace/netns.js';
export { type FollowedTrace, type KernelTrace, openKernelTrace } from '../linux/trace/kernel-trace.js';
export {
  counterDifference,
  type CounterDifference,
  type CounterDifferences,
  type SnmpCounters,
} from '../evidence/counters.js';
export type { Missing } from '../evidence/missing.js';
export type { TraceScope } from '../evidence/trace/plan.js';
export type { TraceRecord } from '../evidence/trace/record.js';
export type { KernelEvent, KernelEventName, SystemCall } from '../evidence/kernel-event.js';
export type { SocketRow, SocketState, SocketTableSnapshot } from '../evidence/socket-table.js';
export { systemCalls } from '../evidence/trace/calls.js';
export type { EndName, Host, HostName, HostRole } from '../evidence/host.js';
export { Feed } from '../evidence/feed.js';
export type { Lookup, Owner } from '../evidence/lookup.js';
export type { Outcome } from '../evidence/outcome.js';
export type { ObservedPacket, Sender, SendingProgram, SentFor } from '../evidence/packet.js';
export type { NotRun, RemedyNotRun } from '../evidence/not-run.js';
export type { Evidence, ObservedFrame, Scene } from '../evidence/evidence.js';
export type { CountedRule, HandshakeRun, RemedyId, RuleEvidence } from '../evidence/run.js';
