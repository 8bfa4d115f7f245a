/** What both roles of a handshake share: the bench, the hand-made side's port, the socket tables, and how long to wait. */
import type { ConnectOptions } from '../driver/connect.js';
import type { PacketPort } from '../driver/ports.js';
import type { Text } from '../error.js';
import type { EndName } from '../evidence/host.js';
import type { HandshakeRun } from '../evidence/run.js';
import type { TransportChoice } from '../linux/port/transport.js';
import type { Flow } from '../wire/flow.js';
import type { Adoption } from './adoption.js';
import type { Bench } from './bench/bench.js';
import type { Remedy } from './remedies/remedy.js';
import type { SocketTables } from './socket-tables.js';

export interface ShakeOptions {
  readonly remedy: Remedy;
  /** Which side is made by hand; the other is an ordinary program on a kernel socket. Default `client`. */
  readonly role?: EndName;
  readonly transport: TransportChoice;
  readonly serverPort?: number;
  /** Sent by the client once the connection is established. */
  readonly data: string;
  /** Called when the data has arrived, before anything is closed: a look at the open connection. */
  readonly whileOpen?: () => void;
  /** Changes what the hand-made client sends. */
  readonly alter?: ConnectOptions['alter'];
  /** Asks the socket tables after each segment of ours too: slower, and no state goes unseen. */
  readonly closely?: boolean;
}

export interface HandMadeSide {
  readonly bench: Bench;
  readonly options: ShakeOptions;
  /** From the client to the server. */
  readonly flow: Flow;
  readonly tables: SocketTables;
  readonly port: PacketPort;
  /** Where the remedy is that the kernel takes the connection over. */
  readonly adoption: Adoption | undefined;
  /** Waits as `until` does, or gives up quietly where what does not happen is a result. */
  readonly until: (what: Text, condition: () => boolean, subscribe: (check: () => void) => () => void) => Promise<void>;
  /** The peer has ended the connection by RST, and a rule of unknown effect may keep that from the hand-made side. */
  readonly resetHidden: () => boolean;
}

/** What the two programs had of it. */
export type Played = Pick<HandshakeRun, 'client' | 'server'>;
