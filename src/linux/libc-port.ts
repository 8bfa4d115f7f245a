/** PacketPort over SOCK_RAW through libc: always there, with a BPF filter so that it wakes for its own flow only. raw(7). */
import { Listeners } from '../driver/listeners.js';
import type { PacketPort } from '../driver/ports.js';
import { flowFilter } from './bpf.js';
import * as linux from './constants.js';
import { libc, libcNonBlocking } from './libc.js';
import { belongsTo, type PortOptions, RECEIVE_BYTES, receivedFlow, wholePacket } from './raw-flow.js';
import { watchReadable } from './reactor.js';
import { domainOf, familyOf, socketAddress } from './sockaddr.js';
import { attachFilter, setOption } from './socket.js';

/**
 * Opens the port in the network namespace that the thread is in.
 * @throws {SystemCallError} EPERM without CAP_NET_RAW, or without CAP_NET_ADMIN where a mark is asked for
 */
export function openLibcPort(options: PortOptions): PacketPort {
  const family = familyOf(options.local);
  const { SOCK_RAW, SOCK_NONBLOCK, SOCK_CLOEXEC, IPPROTO_TCP } = linux;
  const fd = libc('socket', domainOf(family), SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  try {
    attachFilter(fd, flowFilter(receivedFlow(options)));
    if (family === 4) setOption(fd, linux.SOL_IP, linux.IP_HDRINCL, 1);
    else setOption(fd, linux.SOL_IPV6, linux.IPV6_HDRINCL, 1);
    if (options.mark) setOption(fd, linux.SOL_SOCKET, linux.SO_MARK, options.mark);
  } catch (error) {
    libc('close', fd);
    throw error;
  }

  const packets = new Listeners<Uint8Array>();
  const errors = new Listeners<Error>();
  const isOurs = belongsTo(options); // what arrived between socket() and the filter was not filtered
  const buffer = new Uint8Array(new ArrayBuffer(RECEIVE_BYTES));
  const destination = socketAddress(options.remote, 0);
  let open = true;

  const watch = watchReadable(fd, () => {
    while (open) {
      const length = libcNonBlocking('recv', fd, buffer, buffer.length, 0);
      if (length === undefined) return;
      const bytes = buffer.subarray(0, length);
      if (isOurs(bytes, options.remote)) packets.emit(wholePacket(family, bytes, options));
    }
  });

  return {
    transport: 'libc',
    send(packet) {
      try {
        libc('sendto', fd, packet, packet.length, 0, destination, destination.length);
      } catch (error) {
        errors.emit(error as Error);
      }
    },
    onPacket: (listener) => packets.add(listener),
    onError: (listener) => errors.add(listener),
    close() {
      if (!open) return;
      open = false;
      watch.close();
      libc('close', fd);
    },
  };
}
