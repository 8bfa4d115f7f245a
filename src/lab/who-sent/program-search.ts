/** Which program of a lab's host has sent a packet: looked for when the first of a flow is captured, for sockets are short-lived. */
import type { SendingProgram } from '../../evidence/packet.js';
import { inodeOf } from '../../linux/netlink/socket-inode.js';
import type { NetlinkSocket } from '../../linux/netlink/netlink-socket.js';
import { ANY } from '../../linux/netlink/sock-diag-messages.js';
import { familyOf } from '../../linux/libc/sockaddr.js';
import { openSockDiag } from '../../linux/netlink/sock-diag.js';
import { ProcSearch } from '../../linux/process/proc-search.js';
import { holdersOf, inodesOf, type SocketHolder } from '../../linux/process/socket-holders.js';
import type { Flow } from '../../wire/flow.js';
import type { LabHost } from '../host.js';
import type { SenderKind } from './sender-kind.js';

/** What one flow's packets of one kind have in common; grows as more is found. */
type Found = { -readonly [K in keyof SendingProgram]: SendingProgram[K] };

interface Known {
  readonly program: Found;
  looksLeft: number;
}

/** How often a flow's program is looked for, while it is not found. */
const MOST_LOOKS = 3;

export type ProgramKind = Exclude<SenderKind, 'kernel' | 'forwarded' | 'unknown'>;

/** The packet that was sent: `src` is the host. */
export interface SentPacket {
  readonly kind: ProgramKind;
  readonly flow: Flow;
  readonly family: 4 | 6;
  readonly isSynAck: boolean;
  readonly interfaceIndex: number;
}

export class ProgramSearch {
  readonly #line: NetlinkSocket;
  readonly #known = new Map<string, Known>();
  /** By their sockets. */
  readonly #holders = new Map<string, SocketHolder>();

  /** `tellsUnbound`: raw sockets of IPv6 that are bound to no address are told apart already. */
  constructor(
    private readonly host: LabHost,
    private readonly tellsUnbound: boolean,
  ) {
    this.#line = openSockDiag(host.netns);
  }

  /** The same object for all packets of a flow, filled in as soon as it is known. */
  programOf(sent: SentPacket): SendingProgram {
    const { flow, kind, isSynAck } = sent;
    const key = [kind, flow.src, flow.srcPort, flow.dst, flow.dstPort, isSynAck].join(' ');
    const known = this.#known.get(key) ?? { program: {}, looksLeft: MOST_LOOKS };
    this.#known.set(key, known);
    if (known.looksLeft > 0 && known.program.pid === undefined) {
      known.looksLeft -= 1;
      this.#look(sent, known.program);
    }
    return known.program;
  }

  /** Whether somebody listens at the packet's own port: then the kernel may have sent it for the listener. */
  isOfListener({ src, srcPort, dst }: Flow, interfaceIndex: number): boolean {
    const anybody: Flow = { src, srcPort, dst: ANY[familyOf(dst)], dstPort: 0 };
    return inodeOf(this.#line, anybody, interfaceIndex) !== undefined;
  }

  /** Idempotent. */
  close(): void {
    this.#line.close();
  }

  #look(sent: SentPacket, program: Found): void {
    const search = new ProcSearch();
    const socket = this.#socketOf(sent, search);
    if (socket === undefined) return;
    program.socket = socket;
    const inodes = this.#candidates(socket, sent);
    const one = this.#onlyHolder(inodes, search);
    if (one.pid !== undefined) program.pid = one.pid;
    if (one.name !== undefined) program.name = one.name;
  }

  #socketOf({ kind }: SentPacket, search: ProcSearch): SendingProgram['socket'] {
    switch (kind) {
      case 'raw':
      case 'packet':
      case 'tcp':
        return kind;
      case 'raw-or-tcp6':
        return inodesOf('raw6', this.host.netns, search, { bound: this.tellsUnbound }).length === 0 ? 'tcp' : undefined;
    }
  }

  /** Of a TCP socket the kernel says which it is. Who holds a raw or a packet socket need not be who has sent, and closed its own. */
  #candidates(socket: NonNullable<SendingProgram['socket']>, { flow, interfaceIndex }: SentPacket): readonly number[] {
    const inode = socket === 'tcp' ? inodeOf(this.#line, flow, interfaceIndex) : undefined;
    return inode === undefined ? [] : [inode];
  }

  /** Whoever holds all of them, alone; of several processes of one program its name. */
  #onlyHolder(inodes: readonly number[], search: ProcSearch): Partial<SocketHolder> {
    const key = inodes.join();
    const before = this.#holders.get(key);
    if (inodes.length === 0) return {};
    if (before !== undefined) return before;
    const holders = [...holdersOf(inodes, this.host.netns, search).values()];
    if (search.givenUp || holders.some(({ length }) => length === 0)) return {};
    const [first, ...others] = holders.flat();
    if (first === undefined || others.some(({ name }) => name !== first.name)) return {};
    if (others.some(({ pid }) => pid !== first.pid)) return { name: first.name };
    this.#holders.set(key, first);
    return first;
  }
}
