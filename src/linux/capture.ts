/** Captures every frame of one interface by AF_PACKET, and asks the kernel whose each outgoing one was: its mark. packet(7). */
import { Listeners } from '../driver/listeners.js';
import type { Unsubscribe } from '../driver/ports.js';
import type { Millis } from '../tcp/types.js';
import { millis } from '../tcp/types.js';
import { markFilter } from './bpf.js';
import { realtimeOffset } from './clock.js';
import * as linux from './constants.js';
import { closeInBackground, libc } from './libc.js';
import { MessageBatch, type ReceivedMessage } from './message-batch.js';
import type { NetworkNamespace } from './netns.js';
import { ensurePacketStamps, stampOf } from './packet-stamps.js';
import { RECEIVE_BYTES } from './raw-flow.js';
import { type Watch, watchReadable } from './reactor.js';
import { linkAddress } from './sockaddr.js';
import { attachFilter, setOption } from './socket.js';

/** One frame as it passed the interface. */
export interface CapturedFrame {
  /** Monotonic; converted from the kernel's stamp. */
  readonly at: Millis;
  /** From the link's own header on. */
  readonly bytes: Uint8Array;
  /** Length of that header: 14 of Ethernet and loopback, 0 of links that carry bare IP. */
  readonly linkHeaderBytes: number;
  readonly direction: 'outgoing' | 'incoming';
  /** It left here from a socket with the mark that the capture was opened with. */
  readonly marked: boolean;
}

export interface Capture {
  /** Called for each frame, soon after it passed; frames of different marks may come out of order. */
  onFrame(listener: (frame: CapturedFrame) => void): Unsubscribe;
  /** Reads what has passed until now and returns all frames since the start, in the order of their time. */
  frames(): readonly CapturedFrame[];
  /** Reads what has passed until now, and ends it; `frames` still gives all. Idempotent. */
  close(): void;
}

const BATCH = 32;
const CONTROL_BYTES = 64;
const RECEIVE_QUEUE_BYTES = 4 << 20;
const HARDWARE_TYPE = 8; // sockaddr_ll.sll_hatype
const PACKET_TYPE = 10; // sockaddr_ll.sll_pkttype
/** ARPHRD_ETHER, ARPHRD_LOOPBACK. */
const WITH_ETHERNET_HEADER: readonly number[] = [1, 772];

/**
 * Starts to capture on `interfaceName` of `netns`, or of the namespace that the thread is in. Two sockets share the work: one is given only what carries `mark`,
 * the other all the rest, so that the sender of a frame is the kernel's word and not a guess from its bytes.
 */
export function openCapture(netns: NetworkNamespace | undefined, interfaceName: string, mark: number): Capture {
  const offset = realtimeOffset();
  const captured: CapturedFrame[] = [];
  const listeners = new Listeners<CapturedFrame>();
  const batch = new MessageBatch(BATCH, RECEIVE_BYTES, CONTROL_BYTES);

  let open = true;
  const taps = (['marked', 'unmarked'] as const).map((wanted) => {
    const openHere = (): number => {
      ensurePacketStamps();
      return openTap(interfaceName, mark, wanted);
    };
    const fd = netns === undefined ? openHere() : netns.run(openHere);
    const read = () => {
      for (;;) {
        // Copied before anybody is told: a listener that asks for `frames` has the batch used again.
        const frames = batch.receive(fd).map((message) => frameOf(message, offset, wanted === 'marked'));
        captured.push(...frames);
        for (const frame of frames) listeners.emit(frame);
        if (frames.length < BATCH) return;
      }
    };
    // Read when the turn is over: what waits on other sockets is answered first, and the capture does not slow it down.
    let due = false;
    const watch: Watch = watchReadable(fd, () => {
      if (due) return;
      due = true;
      setImmediate(() => {
        due = false;
        if (open) read();
      });
    });
    return { fd, read, watch };
  });

  return {
    onFrame: (listener) => listeners.add(listener),
    frames() {
      if (open) for (const tap of taps) tap.read();
      return captured.sort((a, b) => a.at - b.at);
    },
    close() {
      if (!open) return;
      for (const tap of taps) tap.read();
      open = false;
      for (const tap of taps) {
        tap.watch.close();
        closeInBackground(tap.fd);
      }
    },
  };
}

function openTap(interfaceName: string, mark: number, wanted: 'marked' | 'unmarked'): number {
  const { AF_PACKET, SOCK_RAW, SOCK_NONBLOCK, SOCK_CLOEXEC, SOL_SOCKET, ETH_P_ALL } = linux;
  // Protocol 0: it receives nothing until it is bound, so nothing slips in before the filter.
  const fd = libc('socket', AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  try {
    attachFilter(fd, markFilter(mark, wanted));
    setOption(fd, SOL_SOCKET, linux.SO_TIMESTAMPNS, 1);
    setOption(fd, SOL_SOCKET, linux.SO_RCVBUF, RECEIVE_QUEUE_BYTES);
    const address = linkAddress(libc('if_nametoindex', interfaceName), ETH_P_ALL);
    libc('bind', fd, address, address.length);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

function frameOf(message: ReceivedMessage, realtimeOffsetMs: Millis, marked: boolean): CapturedFrame {
  return {
    at: millis(stampOf(message.control) - realtimeOffsetMs),
    bytes: message.data.slice(),
    linkHeaderBytes: WITH_ETHERNET_HEADER.includes(message.name.getUint16(HARDWARE_TYPE, true)) ? 14 : 0,
    direction: message.name.getUint8(PACKET_TYPE) === linux.PACKET_OUTGOING ? 'outgoing' : 'incoming',
    marked,
  };
}
