/** Captures the frames of an interface, or of all, by AF_PACKET, and asks the kernel whose each outgoing one was: its mark, its hash. packet(7). */
import { Listeners } from '../../driver/listeners.js';
import type { Unsubscribe } from '../../driver/ports.js';
import type { Millis } from '../../tcp/types.js';
import { millis } from '../../tcp/types.js';
import { hashFilter, markFilter, ofNoVlan } from '../libc/bpf-frame.js';
import { monotonicNow, RealtimeOffset } from '../libc/clock.js';
import * as linux from '../libc/constants.js';
import { interruptedForMs } from '../libc/interruption.js';
import { closeInBackground, libc } from '../libc/libc.js';
import { MessageBatch, type ReceivedMessage } from '../libc/message-batch.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { framesDropped } from './frames-dropped.js';
import { ensurePacketStamps, stampOf } from './packet-stamps.js';
import { openPacketDescriptor } from '../port/packet-descriptor.js';
import { MOST_BYTES, MOST_FRAMES, TooManyFrames } from './too-many-frames.js';
import { RECEIVE_BYTES } from '../port/raw-flow.js';
import { watchReadable } from '../libc/reactor.js';
import { linkAddress } from '../libc/sockaddr.js';
import { attachFilter, type BpfInstruction, setOption } from '../libc/socket.js';

/** One frame as it passed the interface. */
export interface CapturedFrame {
  /** Monotonic; converted from the kernel's stamp. */
  readonly at: Millis;
  /** From the link's own header on. */
  readonly bytes: Uint8Array;
  /** Length of that header: 14 of Ethernet and loopback, 0 of links that carry bare IP. */
  readonly linkHeaderBytes: number;
  readonly interfaceIndex: number;
  readonly isLoopback: boolean;
  readonly direction: 'outgoing' | 'incoming';
  /** Sent to this host's own link address, or by it: not to all, or a group, or another. */
  readonly isForHost: boolean;
  /** Which of the marks that the capture was opened with it carried when it left here; undefined: none of them. */
  readonly mark: number | undefined;
  /** Whether it had a hash (skb->hash); undefined where that was not asked for, or it carries none of the marks. */
  readonly isHashed: boolean | undefined;
  /** Its TCP checksum is not there yet: a card, or nobody, is to complete it. checksum-offloads.rst */
  readonly isChecksumPartial: boolean;
}

export interface FrameTap {
  /** Called for each frame, in the order of time, soon after it passed. */
  onFrame(listener: (frame: CapturedFrame) => void): Unsubscribe;
  /** From now on only what this program passes; what waits to be read already is told still. */
  narrow(only: readonly BpfInstruction[]): void;
  /** Reads what has passed until now, and tells the listeners before it returns. */
  read(): void;
  /** Frames that passed while there was no room to keep them until they were read. */
  lost(): number;
  /** Reads what has passed until now, and ends it. Idempotent. */
  close(): void;
  /** Ends it without that. Idempotent. */
  stop(): void;
}

export interface Capture extends FrameTap {
  /** More has passed than is kept. */
  readonly isFull: boolean;
  /** As `frames`, and as many as are kept where there were more. */
  kept(): readonly CapturedFrame[];
  /** @throws {TooManyFrames} where more has passed than is kept */
  throwIfFull(): void;
  /** Reads what has passed until now and returns all frames since the start, in the order of their time. Throws as `throwIfFull` does. */
  frames(): readonly CapturedFrame[];
}

/** As the kernel has it: packet_bind(). */
const EVERY_INTERFACE = 0;
const BATCH = 32;
/** Under a flood the event loop goes on turning. */
const BATCHES_A_TURN = 8;
/**
 * A queue may hold millions of frames, for to the kernel an ACK without data has two bytes (skb_set_tcp_pure_ack): who is to end
 * reads no longer.
 */
const LONGEST_AFTER_SIGNAL_MS = 500;
/** The stamp, which comes first, and behind it what the kernel knows of the packet: struct cmsghdr, struct tpacket_auxdata. */
const [STATUS, CONTROL_BYTES] = [48, 72] as const;
const RECEIVE_QUEUE_BYTES = 4 << 20;
const INTERFACE_INDEX = 4; // sockaddr_ll.sll_ifindex
const HARDWARE_TYPE = 8; // sockaddr_ll.sll_hatype
const PACKET_TYPE = 10; // sockaddr_ll.sll_pkttype
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const WITH_ETHERNET_HEADER: readonly number[] = [ARPHRD_ETHER, ARPHRD_LOOPBACK];

export interface TapOptions {
  /** The namespace that the thread is in, where left out. */
  readonly netns?: NetworkNamespace | undefined;
  /** Every one, where left out. */
  readonly interfaceName?: string;
  readonly marks: readonly number[];
  /** Of what carries one of the marks it is told whether it has a hash. */
  readonly tellHashed?: boolean | undefined;
  /** Only what this program passes. */
  readonly only?: readonly BpfInstruction[];
}

/** What one socket of a tap is given; no mark: what carries none of them. */
interface Share {
  readonly mark: number | undefined;
  readonly isHashed: boolean | undefined;
}

const sharesOf = ({ marks, tellHashed = false }: TapOptions): readonly Share[] => [
  ...marks.flatMap((mark) => (tellHashed ? [true, false] : [undefined]).map((isHashed) => ({ mark, isHashed }))),
  { mark: undefined, isHashed: undefined },
];

/**
 * Starts to capture, and keeps nothing. Several sockets share the work: one is given only what carries the first of `marks`,
 * and so on, the last all the rest, so that the sender of a frame is the kernel's word and not a guess from its bytes.
 */
export function tapFrames(options: TapOptions): FrameTap {
  const { netns } = options;
  const realtime = new RealtimeOffset();
  const listeners = new Listeners<CapturedFrame>();
  const batch = new MessageBatch(BATCH, RECEIVE_BYTES, CONTROL_BYTES);
  /** Read already, and not told yet: a frame of the other socket may have passed before. */
  let pending: CapturedFrame[] = [];
  let lost = 0;
  let open = true;

  /** Up to so many batches, as far as they passed before `until`; whether that was all. */
  const readTap = (fd: number, share: Share, until: number, batches: number): boolean => {
    const offset = realtime.now();
    for (let i = 0; i < batches; i++) {
      // Copied before anybody is told: a listener that reads has the batch used again.
      const frames = batch.receive(fd).map((message) => frameOf(message, offset, share));
      pending.push(...frames);
      if (frames.length < BATCH || (frames.at(-1)?.at ?? 0) > until) return true;
    }
    return false;
  };
  const tell = (until: number): void => {
    pending.sort((a, b) => a.at - b.at);
    const later = pending.findIndex(({ at }) => at > until);
    const due = later < 0 ? pending : pending.slice(0, later);
    pending = later < 0 ? [] : pending.slice(later);
    for (const frame of due) listeners.emit(frame);
  };
  /** A part of what passed before `now`, told as far as all sockets were read; whether that was all. */
  const readPart = (now: number): boolean => {
    let [complete, all] = [now, true];
    for (const { fd, share } of taps) {
      if (readTap(fd, share, now, BATCHES_A_TURN)) continue;
      all = false;
      complete = Math.min(complete, pending.at(-1)?.at ?? now);
    }
    tell(complete);
    return all;
  };
  const read = (): void => {
    const now = monotonicNow();
    while (open && !readPart(now)) if (interruptedForMs() > LONGEST_AFTER_SIGNAL_MS) break;
    tell(Infinity);
  };
  // Read when the turn is over: what waits on other sockets is answered first, and the capture does not slow it down.
  let due = false;
  const readSoon = (): void => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      if (!open) return;
      readPart(monotonicNow());
      if (pending.length > 0) readSoon();
    });
  };
  const stop = (): void => {
    if (!open) return;
    open = false;
    for (const { fd, watch } of taps) {
      lost += framesDropped(fd);
      watch.close();
      closeInBackground(fd);
    }
  };
  const taps = sharesOf(options).map((share) => {
    const openHere = (): number => {
      ensurePacketStamps();
      return openTap(options, share);
    };
    const fd = netns === undefined ? openHere() : netns.run(openHere);
    return { fd, share, watch: watchReadable(fd, readSoon) };
  });

  return {
    onFrame: (listener) => listeners.add(listener),
    narrow(only) {
      if (open) for (const { fd, share } of taps) attachFilter(fd, tapFilter({ ...options, only }, share));
    },
    read,
    lost() {
      if (open) for (const { fd } of taps) lost += framesDropped(fd);
      return lost;
    },
    stop,
    close() {
      if (open) read();
      stop();
    },
  };
}

/** A tap of which every frame is kept, for what ends soon: a lab's. Where there are too many, it hears no more. */
export function openCapture(options: Omit<TapOptions, 'only'>): Capture {
  const tap = tapFrames(options);
  const captured: CapturedFrame[] = [];
  let bytes = 0;
  let isFull = false;
  tap.onFrame((frame) => {
    if (isFull) return;
    bytes += frame.bytes.length;
    isFull = captured.length === MOST_FRAMES || bytes > MOST_BYTES;
    if (isFull) tap.stop();
    else captured.push(frame);
  });
  const throwIfFull = (): void => {
    if (isFull) throw new TooManyFrames();
  };
  const kept = (): readonly CapturedFrame[] => {
    tap.read();
    return captured.sort((a, b) => a.at - b.at);
  };
  return {
    ...tap,
    get isFull() {
      return isFull;
    },
    throwIfFull,
    kept,
    frames() {
      const frames = kept();
      throwIfFull();
      return frames;
    },
  };
}

/** A frame of a VLAN is of its device, where there is one: that shows it too, both ways, and untagged. */
function tapFilter({ marks, only }: TapOptions, { mark, isHashed }: Share): BpfInstruction[] {
  if (mark === undefined) return ofNoVlan(markFilter(marks, 'unmarked', only));
  const passing = isHashed === undefined ? only : hashFilter(isHashed ? 'hashed' : 'unhashed', only);
  return ofNoVlan(markFilter([mark], 'marked', passing));
}

function openTap(options: TapOptions, share: Share): number {
  const { interfaceName } = options;
  const { SOCK_NONBLOCK, SOL_SOCKET, ETH_P_ALL } = linux;
  const fd = openPacketDescriptor(SOCK_NONBLOCK);
  try {
    attachFilter(fd, tapFilter(options, share));
    setOption(fd, SOL_SOCKET, linux.SO_TIMESTAMPNS, 1);
    setOption(fd, linux.SOL_PACKET, linux.PACKET_AUXDATA, 1);
    setOption(fd, SOL_SOCKET, linux.SO_RCVBUF, RECEIVE_QUEUE_BYTES);
    const index = interfaceName === undefined ? EVERY_INTERFACE : libc('if_nametoindex', interfaceName);
    const address = linkAddress(index, ETH_P_ALL);
    libc('bind', fd, address, address.length);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

function frameOf(message: ReceivedMessage, realtimeOffsetMs: Millis, share: Share): CapturedFrame {
  const type = message.name.getUint8(PACKET_TYPE);
  const hardware = message.name.getUint16(HARDWARE_TYPE, true);
  return {
    at: millis(stampOf(message.control) - realtimeOffsetMs),
    bytes: message.data.slice(),
    linkHeaderBytes: WITH_ETHERNET_HEADER.includes(hardware) ? 14 : 0,
    interfaceIndex: message.name.getInt32(INTERFACE_INDEX, true),
    isLoopback: hardware === ARPHRD_LOOPBACK,
    direction: type === linux.PACKET_OUTGOING ? 'outgoing' : 'incoming',
    isForHost: type === linux.PACKET_OUTGOING || type === linux.PACKET_HOST,
    ...share,
    isChecksumPartial: (message.control.getUint32(STATUS, true) & linux.TP_STATUS_CSUMNOTREADY) !== 0,
  };
}
