/** An AF_PACKET socket on one interface: frames in and out as their bytes say, in batches. packet(7). */
import { constants } from 'node:os';
import * as linux from '../libc/constants.js';
import { closeInBackground, libc, SystemCallError } from '../libc/libc.js';
import { MessageBatch, SendBatch } from '../libc/message-batch.js';
import { openPacketDescriptor } from './packet-descriptor.js';
import { RECEIVE_BYTES } from './raw-flow.js';
import { type Watch, watchReadable } from '../libc/reactor.js';
import { linkAddress } from '../libc/sockaddr.js';
import { attachFilter, type BpfInstruction, setOption, setReceiveQueue } from '../libc/socket.js';

export interface PacketSocketOptions {
  readonly interfaceIndex: number;
  /** Which frames are wanted; left out: all. */
  readonly filter?: readonly BpfInstruction[];
  /** What may wait to be read. Default 16 MiB. */
  readonly queueBytes?: number;
  /** Frames read in one turn of the event loop; at most, and by default, 64. */
  readonly mostInATurn?: number;
  /** SO_MARK of all that is sent; left out or 0: none. */
  readonly mark?: number;
  /** Called with what has arrived, in order; the bytes are the listener's to keep. Never with what this host sends. */
  readonly onFrames: (frames: readonly Uint8Array[]) => void;
  /** Told why the kernel refused a frame, and which. */
  readonly onError: (error: SystemCallError, frame: Uint8Array) => void;
}

export interface PacketSocket {
  /** The interface's kind by its ARPHRD number, and its own link address. */
  readonly link: { readonly type: number; readonly mac: Uint8Array };
  /** Sends a copy of one frame, given in parts, together with all others of this turn, once it is over. */
  send(...frame: readonly Uint8Array[]): void;
  /** Has the interface accept frames to one more link address until the socket is closed. */
  join(mac: Uint8Array): void;
  /** Idempotent. */
  close(): void;
}

const BATCH = 64;
const RECEIVE_QUEUE_BYTES = 16 << 20;

/**
 * Opens the socket in the network namespace that the thread is in.
 * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_RAW; {SystemCallError} EPERM without CAP_NET_ADMIN where a mark is
 * asked for
 */
export function openPacketSocket(options: PacketSocketOptions): PacketSocket {
  const { interfaceIndex, filter, mark, onFrames, onError } = options;
  const { queueBytes = RECEIVE_QUEUE_BYTES, mostInATurn = BATCH } = options;
  const { SOL_SOCKET, SOL_PACKET } = linux;
  const fd = openPacketDescriptor();
  try {
    if (filter !== undefined) attachFilter(fd, filter);
    if (mark) setOption(fd, SOL_SOCKET, linux.SO_MARK, mark);
    setOption(fd, SOL_PACKET, linux.PACKET_IGNORE_OUTGOING, 1);
    setReceiveQueue(fd, queueBytes);
    // Not ETH_P_IP: those sockets come after netdev's ingress hook, where a filter may have hidden the packet.
    const address = linkAddress(interfaceIndex, linux.ETH_P_ALL);
    libc('bind', fd, address, address.length);
  } catch (error) {
    libc('close', fd);
    throw error;
  }

  const received = new MessageBatch(mostInATurn, RECEIVE_BYTES, 0);
  const outgoing = new SendBatch(BATCH, RECEIVE_BYTES);
  // The socket blocks: where the interface's queue is full, that waits, as the wire would have it, and nothing is lost.
  const flush = (): void => {
    if (!open) return;
    for (const { error, bytes } of outgoing.send(fd)) onError(error, bytes);
  };
  const watch: Watch = watchReadable(fd, () => {
    onFrames(received.receive(fd).map(({ data }) => data.slice()));
  });
  let open = true;
  return {
    link: linkOf(fd),
    send(...frame) {
      if (!open) return;
      if (!outgoing.add(...frame))
        onError(new SystemCallError('sendmmsg', constants.errno.EMSGSIZE), Buffer.concat(frame));
      else if (outgoing.length === 1) queueMicrotask(flush);
      else if (outgoing.length === BATCH) flush();
    },
    join(mac) {
      const isMulticast = ((mac[0] ?? 0) & 1) === 1;
      const request = new DataView(new ArrayBuffer(16)); // struct packet_mreq: index, type, length, address
      request.setInt32(0, interfaceIndex, true);
      request.setUint16(4, isMulticast ? linux.PACKET_MR_MULTICAST : linux.PACKET_MR_UNICAST, true);
      request.setUint16(6, mac.length, true);
      mac.forEach((byte, i) => request.setUint8(8 + i, byte));
      libc('setsockopt', fd, SOL_PACKET, linux.PACKET_ADD_MEMBERSHIP, request, request.byteLength);
    },
    close() {
      if (!open) return;
      flush();
      open = false;
      watch.close();
      closeInBackground(fd);
    },
  };
}

/** As sockaddr_ll of the bound socket tells it: sll_hatype, sll_halen, sll_addr. */
function linkOf(fd: number): PacketSocket['link'] {
  const name = new DataView(new ArrayBuffer(20));
  libc('getsockname', fd, name, Uint32Array.of(name.byteLength));
  const mac = new Uint8Array(name.buffer).slice(12, 12 + name.getUint8(11));
  return { type: name.getUint16(8, true), mac };
}
