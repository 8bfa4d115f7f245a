/** PacketPort over the npm package raw-socket: the default where it loads. It reads one packet a turn of the event loop. */
import { lstatSync, readdirSync } from 'node:fs';
import { Listeners } from '../../driver/listeners.js';
import { PacketNotSent } from '../../driver/not-sent.js';
import type { PacketPort } from '../../driver/ports.js';
import * as linux from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { flowFilter } from '../libc/bpf.js';
import {
  addressText,
  belongsTo,
  destinationOf,
  type PortOptions,
  RECEIVE_BYTES,
  receivedFlow,
  withIpv6Header,
} from './raw-flow.js';
import type { RawSocket, RawSocketModule } from './raw-socket-module.js';
import { familyOf } from '../libc/sockaddr.js';
import { ANSWERS_TO_STRANGERS_BYTES, bindToSource, filterProgram, NO_PATH_MTU, setSendQueue } from '../libc/socket.js';
import { withZone } from './zone.js';

/** It sends one packet a turn; what is given beyond this is lost, as in the full queue of an interface. */
const MOST_UNSENT = 4096;

/** What strerror says: the package keeps no errno. */
const ERRNO_NAMES: Readonly<Record<string, string>> = {
  'Operation not permitted': 'EPERM',
  'Permission denied': 'EACCES',
  'Resource temporarily unavailable': 'EAGAIN',
  'Cannot allocate memory': 'ENOMEM',
  'Message too long': 'EMSGSIZE',
  'No buffer space available': 'ENOBUFS',
  'Network is down': 'ENETDOWN',
  'Network is unreachable': 'ENETUNREACH',
  'No route to host': 'EHOSTUNREACH',
  'Invalid argument': 'EINVAL',
};

/** The package goes silent when its socket is collected, so every open one is held here. */
const openSockets = new Set<RawSocket>();

/**
 * Opens the port in the network namespace that the thread is in.
 * @throws {Error} with the text of the package, where the kernel refuses (the package keeps no errno)
 */
export function openRawSocketPort(module: RawSocketModule, options: PortOptions): PacketPort {
  const family = familyOf(options.local);
  const { created: socket, opened } = closedOnExec(() =>
    module.createSocket({
      addressFamily: family === 4 ? module.AddressFamily.IPv4 : module.AddressFamily.IPv6,
      protocol: module.Protocol.TCP,
      bufferSize: RECEIVE_BYTES,
    }),
  );
  openSockets.add(socket);
  let open = true;
  /** Given to the package, which sends them once the socket is writable. */
  let unsent = 0;
  /** The package reads before it sends, so under a flood it would send nothing at all: it takes turns by not reading. */
  let reading = true;
  const read = (wanted: boolean): void => {
    if (wanted === reading) return;
    reading = wanted;
    if (wanted) socket.resumeRecv();
    else socket.pauseRecv();
  };
  const closeSocket = (): void => {
    openSockets.delete(socket);
    socket.close();
  };
  const close = (): void => {
    if (!open) return;
    open = false;
    if (unsent === 0) closeSocket();
    else read(false);
  };

  const packets = new Listeners<Uint8Array>();
  const errors = new Listeners<Error>();
  const allSent = new Listeners<undefined>();
  const isOurs = belongsTo(options);
  socket.on('message', (bytes: Buffer, source: string) => {
    // The package reads the next packet into the same memory, so the bytes are copied.
    const packet =
      family === 4 ? new Uint8Array(bytes) : withIpv6Header(bytes, linux.IPPROTO_TCP, source, options.local);
    if (unsent > 0) read(false);
    if (open && isOurs(packet)) packets.emit(packet);
  });
  socket.on('error', (error: Error) => {
    errors.emit(Object.assign(error, { code: ERRNO_NAMES[error.message] }));
  });
  try {
    const { buffer, byteLength } = filterProgram(flowFilter(receivedFlow(options)));
    socket.setOption(linux.SOL_SOCKET, linux.SO_ATTACH_FILTER, Buffer.from(buffer), byteLength);
    if (family === 4) socket.setOption(linux.SOL_IP, linux.IP_HDRINCL, 1);
    else socket.setOption(linux.SOL_IPV6, linux.IPV6_HDRINCL, 1);
    if (family === 4) socket.setOption(...NO_PATH_MTU);
    if (options.mark) socket.setOption(linux.SOL_SOCKET, linux.SO_MARK, options.mark);
    // The package does not bind, and keeps its descriptor to itself.
    for (const fd of opened.filter(isRawTcp)) {
      bindToSource(fd, options.local, options.zone);
      if (options.remote === undefined) setSendQueue(fd, ANSWERS_TO_STRANGERS_BYTES);
    }
  } catch (error) {
    close();
    throw error;
  }

  return {
    transport: 'raw-socket',
    send(packet) {
      if (!open || unsent >= MOST_UNSENT) return;
      const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
      unsent += 1;
      const to = withZone(addressText(destinationOf(family, packet)), options.zone);
      socket.send(bytes, 0, bytes.length, to, (error) => {
        unsent -= 1;
        if (error !== null) errors.emit(new PacketNotSent(packet, ERRNO_NAMES[error.message], error));
        if (unsent > 0) return;
        allSent.emit(undefined);
        if (open) read(true);
        else closeSocket();
      });
    },
    async drained() {
      if (unsent > 0) await new Promise<void>((resolve) => allSent.add(() => resolve()));
    },
    onPacket: (listener) => packets.add(listener),
    onError: (listener) => errors.add(listener),
    close,
  };
}

/** Runs `create` and marks every descriptor that it opened close-on-exec, which the package leaves undone. */
function closedOnExec<T>(create: () => T): { readonly created: T; readonly opened: readonly number[] } {
  const before = openDescriptors();
  const created = create();
  const opened = [...openDescriptors()].filter((fd) => !before.has(fd));
  opened.forEach(tryToMark);
  return { created, opened };
}

/** Nothing but the package opens such a socket while it creates one. */
function isRawTcp(fd: number): boolean {
  const value = new Int32Array(1);
  const read = (option: number): number => {
    libc('getsockopt', fd, linux.SOL_SOCKET, option, value, Uint32Array.of(value.byteLength));
    return value[0] ?? 0;
  };
  try {
    return read(linux.SO_TYPE) === linux.SOCK_RAW && read(linux.SO_PROTOCOL) === linux.IPPROTO_TCP;
  } catch (error) {
    if (error instanceof SystemCallError) return false; // no socket, or closed meanwhile
    throw error;
  }
}

/** Without the one by which the folder itself was read: its number is the next to be given. */
function openDescriptors(): ReadonlySet<number> {
  const isOpen = (fd: string) => lstatSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false }) !== undefined;
  return new Set(readdirSync('/proc/self/fd').filter(isOpen).map(Number));
}

function tryToMark(fd: number): void {
  try {
    libc('fcntl', fd, linux.F_SETFD, linux.FD_CLOEXEC);
  } catch (error) {
    // A thread of the pool may have closed it meanwhile.
    if (!(error instanceof SystemCallError && error.code === 'EBADF')) throw error;
  }
}
