/** PacketPort over SOCK_RAW through libc: always there, with a BPF filter so that it wakes for its own flow only. raw(7). */
import { Listeners } from '../driver/listeners.js';
import type { PacketPort } from '../driver/ports.js';
import { flowFilter } from './bpf.js';
import * as linux from './constants.js';
import { libc } from './libc.js';
import { destinationOf, type PortOptions, receivedFlow } from './raw-flow.js';
import { readRawSocket } from './raw-reader.js';
import { domainOf, type Family, familyOf, socketAddress } from './sockaddr.js';
import { attachFilter, setOption } from './socket.js';

/**
 * Opens the port in the network namespace that the thread is in.
 * @throws {SystemCallError} EPERM without CAP_NET_RAW, or without CAP_NET_ADMIN where a mark is asked for
 */
export function openLibcPort(options: PortOptions): PacketPort {
  const { local } = options;
  const family = familyOf(local);
  const fd = openSocket(family, options);
  const packets = new Listeners<Uint8Array>();
  const errors = new Listeners<Error>();
  const destination = socketAddress(local, 0); // its address is replaced by the packet's, at each send
  const protocol = linux.IPPROTO_TCP;
  const onPacket = (packet: Uint8Array): void => {
    packets.emit(packet.slice());
  };
  // Reads at once, before anyone listens: what arrived between socket() and the filter is gone with that.
  const reader = readRawSocket({ fd, family, local, protocol, onPacket, errors });
  let open = true;
  // On a link within one machine the answer is there before sendto has returned: no need to wait for the event loop.
  let readDue = false;
  const readSoon = (): void => {
    if (readDue) return;
    readDue = true;
    process.nextTick(() => {
      readDue = false;
      if (open) reader.read();
    });
  };
  return {
    transport: 'libc',
    send(packet) {
      destination.set(destinationOf(family, packet), family === 4 ? 4 : 8);
      try {
        libc('sendto', fd, packet, packet.length, 0, destination, destination.length);
        readSoon();
      } catch (error) {
        errors.emit(error as Error);
      }
    },
    onPacket: (listener) => packets.add(listener),
    onError: (listener) => errors.add(listener),
    poll() {
      reader.read();
    },
    close() {
      if (!open) return;
      open = false;
      reader.close();
      libc('close', fd);
    },
  };
}

function openSocket(family: Family, options: PortOptions): number {
  const { SOCK_RAW, SOCK_NONBLOCK, SOCK_CLOEXEC, IPPROTO_TCP } = linux;
  const fd = libc('socket', domainOf(family), SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  try {
    attachFilter(fd, flowFilter(receivedFlow(options)));
    if (family === 4) setOption(fd, linux.SOL_IP, linux.IP_HDRINCL, 1);
    else setOption(fd, linux.SOL_IPV6, linux.IPV6_HDRINCL, 1);
    if (options.mark) setOption(fd, linux.SOL_SOCKET, linux.SO_MARK, options.mark);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}
