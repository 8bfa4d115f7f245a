/** The receive ring of AF_PACKET: frames that the kernel writes into shared memory, read without a system call. TPACKET_V2, packet_mmap.rst. */
import { PACKET_RX_RING, PACKET_VERSION, SOL_PACKET, TPACKET_V2 } from '../libc/constants.js';
import { libc } from '../libc/libc.js';
import { setOption } from '../libc/socket.js';

/** A slot holds its header and the first 62 bytes of a frame: Ethernet, IPv4 and TCP without most options. */
export const SLOT_BYTES = 128;
const BLOCK_BYTES = 1 << 16;

// struct tpacket2_hdr
const MAC_OFFSET = 12;
const SECONDS = 16;
const NANOSECONDS = 20;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;

/** The next number of slots that the kernel allocates: whole blocks. */
export const ringSlots = (atLeast: number, slotBytes = SLOT_BYTES): number =>
  Math.ceil((atLeast * slotBytes) / BLOCK_BYTES) * (BLOCK_BYTES / slotBytes);

/**
 * Gives a packet socket a ring of `slots` (from `ringSlots`), to be mapped as `slots * slotBytes` bytes; before it is bound.
 * @param slotBytes a power of two, of which the header takes 66 at the most
 */
export function attachReceiveRing(fd: number, slots: number, slotBytes = SLOT_BYTES): void {
  setOption(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
  // struct tpacket_req: bytes and number of blocks, bytes and number of frames
  const request = Uint32Array.of(BLOCK_BYTES, (slots * slotBytes) / BLOCK_BYTES, slotBytes, slots);
  libc('setsockopt', fd, SOL_PACKET, PACKET_RX_RING, request, request.byteLength);
}

/** Reads the slots in turn. The memory may as well be ordinary: then `write` plays the kernel. */
export class RingReader {
  /** All of the memory, to read a frame at `frame`. */
  readonly view: DataView;
  readonly #status: Int32Array;
  readonly slots: number;
  #next = 0;
  #written = 0;

  constructor(
    memory: ArrayBuffer,
    private readonly slotBytes = SLOT_BYTES,
  ) {
    this.view = new DataView(memory);
    this.#status = new Int32Array(memory);
    this.slots = memory.byteLength / slotBytes;
  }

  /** Where the header of the oldest unread frame starts. */
  get slot(): number {
    return this.#next * this.slotBytes;
  }

  /** Where the oldest unread frame starts; -1 where there is none. */
  get frame(): number {
    const at = this.#next * this.slotBytes;
    // With acquire semantics, for the kernel writes the status last.
    if ((Atomics.load(this.#status, at >> 2) & TP_STATUS_USER) === 0) return -1;
    return at + this.view.getUint16(at + MAC_OFFSET, true);
  }

  /** When the kernel received it, in milliseconds of CLOCK_REALTIME. */
  get stampMs(): number {
    const at = this.#next * this.slotBytes;
    return this.view.getUint32(at + SECONDS, true) * 1000 + this.view.getUint32(at + NANOSECONDS, true) / 1e6;
  }

  /** Gives the slot of the frame that was read back to the kernel. */
  release(): void {
    Atomics.store(this.#status, (this.#next * this.slotBytes) >> 2, TP_STATUS_KERNEL);
    this.#next = (this.#next + 1) % this.slots;
  }

  /** As the kernel does it: what does not fit is cut off, and where no slot is free the frame is lost. */
  write(frame: Uint8Array, stampMs: number): void {
    const at = this.#written * this.slotBytes;
    if (Atomics.load(this.#status, at >> 2) !== TP_STATUS_KERNEL) return;
    const data = 66;
    this.view.setUint16(at + MAC_OFFSET, data, true);
    this.view.setUint32(at + SECONDS, Math.floor(stampMs / 1000), true);
    this.view.setUint32(at + NANOSECONDS, Math.floor((stampMs % 1000) * 1e6), true);
    new Uint8Array(this.view.buffer, at + data, this.slotBytes - data).set(frame.subarray(0, this.slotBytes - data));
    Atomics.store(this.#status, at >> 2, TP_STATUS_USER);
    this.#written = (this.#written + 1) % this.slots;
  }
}
