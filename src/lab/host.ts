/** One host of a lab: a private namespace, its addresses, and what can be done in it. */
import type { Server, Socket } from 'node:net';
import type { PacketPort } from '../driver/ports.js';
import type { HostName } from '../evidence/host.js';
import type { Lookup } from '../evidence/lookup.js';
import type { Argv, FilterHost } from '../filter/ports.js';
import { type Capture, openCapture } from '../linux/capture.js';
import { monotonicNow } from '../linux/clock.js';
import { runCommand } from '../linux/command.js';
import { listenInside } from '../linux/kernel-socket.js';
import type { NetworkNamespace } from '../linux/netns.js';
import type { PortOptions } from '../linux/raw-flow.js';
import { openSocketTable, type SocketTable } from '../linux/sock-diag.js';
import { openPort, type TransportChoice } from '../linux/transport.js';
import type { Flow } from '../wire/flow.js';
import { ADDRESSES, type Family, LINK } from './addresses.js';

export class LabHost implements FilterHost {
  readonly #sockets: SocketTable;

  /** Made by `createLab`. */
  constructor(
    readonly name: HostName,
    readonly netns: NetworkNamespace,
  ) {
    this.#sockets = openSocketTable(netns);
  }

  address(family: Family): string {
    return ADDRESSES[this.name][family];
  }

  /** Runs a program inside. */
  run(argv: Argv): string {
    return runCommand(argv, { netns: this.netns });
  }

  /** A port for hand-made packets. */
  openPort(transport: TransportChoice, options: PortOptions): PacketPort {
    return openPort(transport, options, this.netns);
  }

  /** A real kernel socket that listens and accepts. */
  listen(family: Family, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
    return listenInside(this.netns, this.address(family), port, onConnection);
  }

  /** Captures the link at this host's end; `mark` tells this program's packets from the kernel's. */
  capture(mark: number): Capture {
    return openCapture(this.netns, LINK, mark);
  }

  /** Asks the kernel which socket owns `flow`; `flow.src` is this host. */
  lookup(flow: Flow): Lookup {
    return { ...flow, atMs: monotonicNow(), host: this.name, owner: this.#sockets.ownerOf(flow) };
  }

  /** Lets the host go, and with it all that is in it. Idempotent. */
  close(): void {
    this.#sockets.close();
    this.netns.close();
  }
}
