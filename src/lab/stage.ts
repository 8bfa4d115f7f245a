/** What both roles of a handshake share: the lab, the hand-made side's port, the socket tables, and what is opened on the way. */
import type { PacketPort } from '../driver/ports.js';
import type { HostName } from '../evidence/host.js';
import type { HandshakeRun } from '../evidence/run.js';
import type { Capture } from '../linux/capture.js';
import type { Leases } from '../linux/leases.js';
import type { TransportChoice } from '../linux/transport.js';
import type { Flow } from '../wire/flow.js';
import type { Family } from './addresses.js';
import type { Lab } from './lab.js';
import type { Remedy } from './remedies/remedy.js';
import type { SocketTables } from './socket-tables.js';

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
  readonly leases: Leases;
  /** The hand-made side's. */
  readonly port: PacketPort;
}

/** What the two programs had of it. */
export interface Played {
  readonly client: HandshakeRun['client'];
  readonly server: HandshakeRun['server'];
}
