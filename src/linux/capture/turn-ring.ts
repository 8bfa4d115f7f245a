/** The turns of all connections of a network namespace, through rings that the kernel writes: read now and then, at little cost. packet_mmap.rst. */
import { cpus } from 'node:os';
import { ADD, JEQ, LD_W_ABS, MOD, RET, RET_A, SKF_AD_CPU, SKF_AD_RXHASH } from '../libc/bpf-code.js';
import type { RealtimeOffset } from '../libc/clock.js';
import * as linux from '../libc/constants.js';
import { ofNoVlan } from '../libc/bpf-frame.js';
import { turnsFilter, type Turns } from '../libc/bpf-turns.js';
import { closeInBackground, libc } from '../libc/libc.js';
import { linkAddress } from '../libc/sockaddr.js';
import { attachFilter, type BpfInstruction, filterProgram, setOption } from '../libc/socket.js';
import { mapShared, type SharedMemory } from '../libc/shared-memory.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { openPacketDescriptor } from '../port/packet-descriptor.js';
import { Leases } from '../process/leases.js';
import { framesDropped } from './frames-dropped.js';
import { attachReceiveRing, RingReader, ringSlots } from './packet-ring.js';
import { ensurePacketStamps } from './packet-stamps.js';

export interface PassedFrame {
  /** Monotonic milliseconds, of the kernel's stamp. */
  readonly atMs: number;
  readonly interfaceIndex: number;
  readonly isLoopback: boolean;
  readonly isOutgoing: boolean;
  /** To this host's own link address, or by it. */
  readonly isForHost: boolean;
  /** Whether it had a hash (skb->hash): of what leaves, the kernel's TCP gives one to each segment of a socket. */
  readonly isHashed: boolean;
  /** Its TCP checksum is not there yet: a card, or nobody, is to complete it. checksum-offloads.rst */
  readonly isChecksumPartial: boolean;
  /** On which processor it passed, by its number modulo `TurnRing.processors`. */
  readonly processor: number;
  /** Of the whole frame. */
  readonly length: number;
  readonly linkHeaderBytes: number;
  /** From the link's header on, as much as is kept. */
  readonly bytes: Uint8Array;
}

export interface TurnRingOptions extends Turns {
  readonly netns?: NetworkNamespace | undefined;
  /** How much of a frame is kept: headers, or more. */
  readonly mostBytes: 'headers' | 'payload';
}

/** Of all rings together. With all headers: Ethernet, IPv6, and TCP with 40 bytes of options are 114 bytes. */
const SLOTS = { headers: { bytes: 256, count: 16_384 }, payload: { bytes: 4096, count: 4096 } } as const;
const LEAST_SLOTS = 512;
/** So that there are not too many rings, several processors may share one. */
const MOST_PROCESSORS = 64;

// struct tpacket2_hdr, and behind it struct sockaddr_ll
const STATUS = 0;
const LENGTH = 4;
const KEPT = 8;
const LINK_START = 12;
const NETWORK_START = 14;
const INTERFACE = 36;
const HARDWARE_TYPE = 40;
const PACKET_TYPE = 42;
const ARPHRD_LOOPBACK = 772;
const TP_STATUS_CSUMNOTREADY = 1 << 3;

interface Ring {
  readonly fd: number;
  readonly reader: RingReader;
  readonly of: Pick<PassedFrame, 'isHashed' | 'processor'>;
}

export class TurnRing {
  readonly #leases = new Leases();
  readonly #rings: readonly Ring[];
  readonly processors = Math.min(MOST_PROCESSORS, cpus().length);
  #lost = 0;

  /**
   * @param realtime by which stamps are made monotonic
   * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_RAW
   */
  constructor(
    options: TurnRingOptions,
    private readonly realtime: RealtimeOffset,
  ) {
    try {
      this.#rings = this.#openAll(options);
    } catch (error) {
      this.#leases.close();
      throw error;
    }
  }

  /** What passed until `untilMs`, in the order of time; all that has, where left out. */
  read(untilMs = Infinity): readonly PassedFrame[] {
    const offset = this.realtime.now();
    const frames: PassedFrame[] = [];
    for (const { reader, of } of this.#rings) {
      // No more than the ring holds: somebody may send faster than this reads.
      for (let left = reader.slots; left > 0 && reader.frame >= 0; left--) {
        const atMs = reader.stampMs - offset;
        if (atMs > untilMs) break;
        frames.push(frameIn(reader, atMs, of));
        reader.release();
      }
    }
    return frames.sort((one, other) => one.atMs - other.atMs);
  }

  /** How many had no room. */
  get lost(): number {
    for (const { fd } of this.#rings) this.#lost += framesDropped(fd);
    return this.#lost;
  }

  /** Idempotent. */
  close(): void {
    this.#leases.close();
  }

  /** For each processor one of what has a hash and one of what has none. To the kernel all are one listener, for each costs whatever passes. */
  #openAll(options: TurnRingOptions): Ring[] {
    let group = 0;
    const rings = [true, false].flatMap((isHashed) =>
      Array.from({ length: this.processors }, (_, processor) => {
        const ring = this.#open(options, { isHashed, processor });
        group = joinGroup(ring.fd, group);
        return ring;
      }),
    );
    const filter = ofNoVlan(turnsFilter(options));
    if (rings[0] !== undefined) deal(rings[0].fd, this.processors);
    // What passed before all were there would have been dealt otherwise.
    for (const { fd } of rings) attachFilter(fd, filter);
    return rings;
  }

  #open({ netns, mostBytes }: TurnRingOptions, of: Ring['of']): Ring {
    const { bytes, count } = SLOTS[mostBytes];
    const slots = ringSlots(Math.max(LEAST_SLOTS, count / (2 * this.processors)), bytes);
    const openHere = (): number => {
      ensurePacketStamps();
      return openPacketDescriptor(linux.SOCK_NONBLOCK);
    };
    const fd = netns === undefined ? openHere() : netns.run(openHere);
    this.#leases.defer(() => {
      closeInBackground(fd);
    });
    attachFilter(fd, NOTHING);
    attachReceiveRing(fd, slots, bytes);
    const shared: SharedMemory = mapShared(fd, slots * bytes);
    this.#leases.defer(() => {
      shared.unmap();
    });
    const address = linkAddress(0, linux.ETH_P_ALL);
    libc('bind', fd, address, address.length);
    return { fd, reader: new RingReader(shared.memory, bytes), of };
  }
}

const NOTHING: readonly BpfInstruction[] = [[RET, 0, 0, 0]];

/** Which of the group's sockets a packet is for, by their order. filter.rst */
function deal(fd: number, processors: number): void {
  const program = filterProgram([
    [LD_W_ABS, 0, 0, SKF_AD_RXHASH],
    [JEQ, 3, 0, 0],
    [LD_W_ABS, 0, 0, SKF_AD_CPU],
    [MOD, 0, 0, processors],
    [RET_A, 0, 0, 0],
    [LD_W_ABS, 0, 0, SKF_AD_CPU],
    [MOD, 0, 0, processors],
    [ADD, 0, 0, processors],
    [RET_A, 0, 0, 0],
  ]);
  libc('setsockopt', fd, linux.SOL_PACKET, linux.PACKET_FANOUT_DATA, program, program.byteLength);
}

/** @param group 0 for a new one. Gives its number. packet(7), PACKET_FANOUT */
function joinGroup(fd: number, group: number): number {
  const { SOL_PACKET, PACKET_FANOUT, PACKET_FANOUT_CBPF, PACKET_FANOUT_FLAG_UNIQUEID } = linux;
  const flags = group === 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0;
  setOption(fd, SOL_PACKET, PACKET_FANOUT, group | ((PACKET_FANOUT_CBPF | flags) << 16));
  const joined = new Uint32Array(1);
  libc('getsockopt', fd, SOL_PACKET, PACKET_FANOUT, joined, Uint32Array.of(joined.byteLength));
  return (joined[0] ?? 0) & 0xffff;
}

function frameIn({ view, slot }: RingReader, atMs: number, of: Ring['of']): PassedFrame {
  const link = view.getUint16(slot + LINK_START, true);
  const network = view.getUint16(slot + NETWORK_START, true);
  const kept = view.getUint32(slot + KEPT, true);
  const type = view.getUint8(slot + PACKET_TYPE);
  return {
    ...{ atMs, ...of, length: view.getUint32(slot + LENGTH, true) },
    interfaceIndex: view.getInt32(slot + INTERFACE, true),
    isLoopback: view.getUint16(slot + HARDWARE_TYPE, true) === ARPHRD_LOOPBACK,
    isOutgoing: type === linux.PACKET_OUTGOING,
    isForHost: type === linux.PACKET_OUTGOING || type === linux.PACKET_HOST,
    isChecksumPartial: (view.getUint32(slot + STATUS, true) & TP_STATUS_CSUMNOTREADY) !== 0,
    linkHeaderBytes: network - link,
    bytes: new Uint8Array(view.buffer, slot + link, kept).slice(),
  };
}
