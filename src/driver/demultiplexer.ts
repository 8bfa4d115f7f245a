/** Shares one port among many connections: each gets a port of its own that hears its own four-tuple only. */
import type { Flow } from '../wire/flow.js';
import type { IcmpError } from './icmp.js';
import { Listeners } from './listeners.js';
import type { PacketPort } from './ports.js';

const keyOf = ({ dst, dstPort }: Flow): string => `${dst} ${dstPort}`;

/** All flows have the same near end, so the far end tells them apart. */
export class Demultiplexer {
  readonly #branches = new Map<string, Branch>();

  constructor(private readonly port: PacketPort) {}

  /** A port for `flow` (`src` is this side); closing it leaves the shared one open. */
  open(flow: Flow): PacketPort {
    const key = keyOf(flow);
    const branch = new Branch(this.port, () => {
      if (this.#branches.get(key) === branch) this.#branches.delete(key);
    });
    this.#branches.set(key, branch);
    return branch;
  }

  /** Hands a packet of `flow` on; false where no one has a port for it. */
  deliver(flow: Flow, packet: Uint8Array): boolean {
    const branch = this.#branches.get(keyOf(flow));
    branch?.packets.emit(packet);
    return branch !== undefined;
  }

  /** Hands on that something of `flow` was not sent. */
  deliverError(flow: Flow, error: Error): void {
    this.#branches.get(keyOf(flow))?.errors.emit(error);
  }

  /** Hands on what ICMP says of `flow`. */
  deliverIcmp(flow: Flow, error: IcmpError): void {
    this.#branches.get(keyOf(flow))?.icmp.emit(error);
  }
}

class Branch implements PacketPort {
  readonly packets = new Listeners<Uint8Array>();
  readonly errors = new Listeners<Error>();
  readonly icmp = new Listeners<IcmpError>();
  readonly pathMtu?: NonNullable<PacketPort['pathMtu']>;
  readonly adopt?: NonNullable<PacketPort['adopt']>;

  constructor(
    private readonly trunk: PacketPort,
    private readonly onClose: () => void,
  ) {
    if (trunk.pathMtu !== undefined) this.pathMtu = trunk.pathMtu.bind(trunk);
    if (trunk.adopt !== undefined) this.adopt = trunk.adopt.bind(trunk);
  }

  get transport() {
    return this.trunk.transport;
  }

  send(packet: Uint8Array): void {
    this.trunk.send(packet);
  }

  onPacket(listener: (packet: Uint8Array) => void) {
    return this.packets.add(listener);
  }

  onError(listener: (error: Error) => void) {
    return this.errors.add(listener);
  }

  onIcmp(listener: (error: IcmpError) => void) {
    return this.icmp.add(listener);
  }

  close(): void {
    this.onClose();
  }
}
