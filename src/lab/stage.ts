/** What both roles of a handshake share: the lab, the hand-made side's port, the socket tables, and what is opened on the way. */
import type { PacketPort } from '../driver/ports.js';
import type { Feed } from '../evidence/feed.js';
import type { HostName } from '../evidence/host.js';
import type { ConnectOptions } from '../driver/connect.js';
import type { HandshakeRun } from '../evidence/run.js';
import type { Capture } from '../linux/capture/capture.js';
import type { KernelTrace } from '../linux/trace/kernel-trace.js';
import type { Leases } from '../linux/process/leases.js';
import type { TransportChoice } from '../linux/port/transport.js';
import type { Flow } from '../wire/flow.js';
import type { Family } from './addresses.js';
import type { Adoption } from './adoption.js';
import type { Lab } from './lab.js';
import type { Remedy } from './remedies/remedy.js';
import type { SocketTables } from './socket-tables.js';
import type { Until } from './until.js';

export interface HandshakeOptions {
  readonly remedy: Remedy;
  /** Which side is made by hand; the other is an ordinary program on a kernel socket. Default `client`. */
  readonly role?: HostName;
  readonly family: Family;
  readonly transport: TransportChoice;
  readonly serverPort?: number;
  /** Sent by the client once the connection is established. */
  readonly data: string;
  /** Called when the data has arrived, before anything is closed: a look at the open connection. */
  readonly whileOpen?: () => void;
  /** Changes what the hand-made client sends. */
  readonly alter?: ConnectOptions['alter'];
  /** Where the kernels' own words come from; left out: none are asked for. */
  readonly trace?: KernelTrace;
  /** As of a bench. */
  readonly feed?: Feed;
  /** Asks the socket tables after each segment of ours too: slower, and no state goes unseen. */
  readonly closely?: boolean;
  readonly signal?: AbortSignal;
}

export interface Stage {
  readonly lab: Lab;
  readonly options: HandshakeOptions;
  /** From the client to the server. */
  readonly flow: Flow;
  readonly tables: SocketTables;
  readonly capture: Capture;
  /** Where the remedy is that the kernel takes the connection over. */
  readonly adoption: Adoption | undefined;
  readonly leases: Leases;
  /** The hand-made side's. */
  readonly port: PacketPort;
  readonly until: Until;
  /** The peer has ended the connection by RST, and a rule of unknown effect may keep that from the hand-made side. */
  readonly resetHidden: () => boolean;
}

/** What the two programs had of it. */
export interface Played {
  readonly client: HandshakeRun['client'];
  readonly server: HandshakeRun['server'];
}
