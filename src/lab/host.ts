/** One host of a lab: a private namespace, its addresses, and what can be done in it. Once closed, RS_CLOSED is all that it says. */
import type { Server, Socket } from 'node:net';
import type { PacketPort } from '../driver/ports.js';
import type { SnmpCounters } from '../evidence/counters.js';
import type { EndName } from '../evidence/host.js';
import type { Lookup } from '../evidence/lookup.js';
import type { SocketRow } from '../evidence/socket-table.js';
import type { Argv, FilterHost, Hold, RuleCommands } from '../filter/ports.js';
import { type Capture, openCapture } from '../linux/capture/capture.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { type CommandOptions, runCommand } from '../linux/process/command.js';
import { requireIpv6 } from '../linux/namespace/ipv6.js';
import { connectInside, listenInside } from '../linux/port/kernel-socket.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { type NfTables, openNfTables } from '../linux/netfilter/nf-tables.js';
import type { PortOptions } from '../linux/port/raw-flow.js';
import { openSocketTable, type SocketTable } from '../linux/netlink/sock-diag.js';
import { readSnmpCounters } from '../linux/namespace/snmp.js';
import { openPort, type TransportChoice } from '../linux/port/transport.js';
import type { Flow } from '../wire/flow.js';
import { type Family, LOOPBACK } from './addresses.js';

export class LabHost implements FilterHost {
  readonly #sockets: SocketTable;
  readonly #listeners = new Set<Server>();
  /** Of programs in it, accepted and connected. */
  readonly #programs = new Set<Socket>();
  #nft: NfTables | undefined;
  #rulesNamed = 0;

  /** Made by `createLab`. */
  constructor(
    readonly name: EndName,
    readonly netns: NetworkNamespace,
    readonly addresses: Readonly<Record<Family, string>>,
    /** `number`: no other link of this machine's labs has it, so the kernel's trace tells them apart. */
    readonly link: { readonly number: number; readonly name: string },
  ) {
    this.#sockets = openSocketTable(netns);
  }

  /** @throws {RawshakeError} RS_NOT_IN_KERNEL for IPv6 where the kernel has none */
  address(family: Family): string {
    if (family === 6) requireIpv6();
    return this.addresses[family];
  }

  /** Runs a program inside; it reads `input`. */
  run(argv: Argv, input = '', limits: Pick<CommandOptions, 'mostMemoryMiB'> = {}): string {
    return runCommand(argv, { ...limits, netns: this.netns, input });
  }

  /** nf_tables of this host. */
  nft(): NfTables {
    this.#nft ??= openNfTables(this.netns);
    return this.#nft;
  }

  addRule({ add }: RuleCommands): void {
    this.run(add);
  }

  removeRule({ remove }: RuleCommands): void {
    this.run(remove);
  }

  /**
   * A comment for a rule of this host's, for `planFilter`. Such a rule goes with the namespace, so it need not say whose it is; the
   * first is `rawshake:lab`.
   */
  nameRule(): string {
    this.#rulesNamed += 1;
    return this.#rulesNamed === 1 ? 'rawshake:lab' : `rawshake:lab-${this.#rulesNamed}`;
  }

  /** No guard is needed: the namespace dies with this process, and the rule with it. */
  holdRule(rule: RuleCommands): Hold {
    this.addRule(rule);
    return {
      restore: () => {
        this.addRule(rule);
      },
      close: () => {
        this.removeRule(rule);
      },
    };
  }

  /** A port for hand-made packets. */
  openPort(transport: TransportChoice, options: PortOptions): PacketPort {
    return openPort(transport, options, this.netns);
  }

  /** A real kernel socket that listens and accepts, for a function or for a server of Node's own; ends with the host. */
  async listen(family: Family, port: number, program: ((socket: Socket) => void) | Server): Promise<Server> {
    const listener = await listenInside(this.netns, this.address(family), port, (socket) => {
      this.#keep(socket);
      if (typeof program === 'function') program(socket);
      else program.emit('connection', socket);
    });
    this.#listeners.add(listener);
    return listener.once('close', () => this.#listeners.delete(listener));
  }

  /** A real kernel socket that connects, from whatever the kernel takes where that is left out; its SYN leaves a tick later. Ends with the host. */
  connect({ src, srcPort, dst, dstPort }: Pick<Flow, 'dst' | 'dstPort'> & Partial<Flow>): Socket {
    return this.#keep(
      connectInside(this.netns, {
        ...(src !== undefined && { local: src }),
        ...(srcPort !== undefined && { localPort: srcPort }),
        ...{ remote: dst, remotePort: dstPort },
      }),
    );
  }

  #keep(socket: Socket): Socket {
    this.#programs.add(socket);
    return socket.once('close', () => this.#programs.delete(socket));
  }

  /** Captures the link at this host's end, or its loopback; `mark` tells this program's packets from the kernel's. */
  capture(mark: number, over: 'link' | 'loopback' = 'link'): Capture {
    const interfaceName = over === 'link' ? this.link.name : LOOPBACK;
    return openCapture({ netns: this.netns, interfaceName, marks: [mark] });
  }

  /** Asks the kernel which socket owns `flow`; `flow.src` is this host. */
  lookup(flow: Flow): Lookup {
    return { ...flow, atMs: monotonicNow(), host: this.name, owner: this.#sockets.ownerOf(flow) };
  }

  /** Every TCP socket of this host, as ss shows them. */
  sockets(family: Family): readonly SocketRow[] {
    return this.#sockets.all(family);
  }

  /** Its SNMP counters now. */
  counters(): SnmpCounters {
    return readSnmpCounters(this.netns);
  }

  /** Lets the host go, and with it all that is in it. Idempotent. */
  close(): void {
    for (const listener of this.#listeners) listener.close();
    for (const socket of this.#programs) socket.destroy();
    this.#sockets.close();
    this.#nft?.close();
    this.netns.close();
  }
}
