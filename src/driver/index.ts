/** The driver: TCP machines over ports that carry packets. */
export { connect, handshake, type ConnectOptions, type HandshakeResult } from './connect.js';
export { withFaults, type DelayMs, type Faults, type PortFaults, type Probability } from './faults.js';
export { endpoint, reverseFlow, type Flow } from '../wire/flow.js';
export { memoryPorts } from './memory-port.js';
export type { ConnectionError } from './net-error.js';
export type { MachineOptions, Notice } from './machine.js';
export type { AdoptOptions, AreOwnedByKernel, Clock, PacketPort, Refused, Transport, Unsubscribe } from './ports.js';
export { describeIcmp, type IcmpError } from './icmp.js';
export type { ListenOptions, Pressure } from './listen-options.js';
export { listen, RawServer, type ServerEvents } from './raw-server.js';
export type { ConnectionEvents, Listener, Name as ConnectionEventName } from './connection-events.js';
export { RawConnection } from './raw-connection.js';
export type { IdleTimer } from './idle-timer.js';
export type { RawConnectionOptions } from './raw-connection-options.js';
export type { Callback } from './outbound.js';
export type { TraceEntry } from './trace.js';
