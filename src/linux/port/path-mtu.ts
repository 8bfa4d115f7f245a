/**
 * The MTU of the way to an address, as the kernel takes it for a socket of its own: the route's `mtu`, the link's, or what it has
 * heard of the path. Asked of a UDP socket that is connected for the question alone, and sends nothing. ip(7), ipv6(7).
 */
import type { PacketPort } from '../../driver/ports.js';
import * as linux from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';
import type { PortOptions } from './raw-flow.js';
import { domainOf, familyOf, socketAddress } from '../libc/sockaddr.js';
import { bindToLink, setOption } from '../libc/socket.js';

/** The port that `openPort` opens, which now also tells of MTUs: those of the network namespace that the thread is in. */
export function withPathMtu(openPort: () => PacketPort, options: PortOptions): PacketPort {
  const question = openQuestion(options);
  let open = true;
  let port: PacketPort;
  try {
    port = openPort();
  } catch (error) {
    question.close();
    throw error;
  }
  return {
    ...port,
    pathMtu: (destination) => (open ? question.ask(destination) : undefined),
    close() {
      port.close();
      if (open) question.close();
      open = false;
    },
  };
}

interface Question {
  ask(destination: string): number | undefined;
  close(): void;
}

/** The port is of no account: any but 0 makes a destination. */
const ANY_PORT = 9;

function openQuestion({ local, zone, mark }: PortOptions): Question {
  const family = familyOf(local);
  const fd = libc('socket', domainOf(family), linux.SOCK_DGRAM | linux.SOCK_CLOEXEC, 0);
  try {
    if (mark) setOption(fd, linux.SOL_SOCKET, linux.SO_MARK, mark);
    setOption(fd, linux.SOL_IP, linux.IP_BIND_ADDRESS_NO_PORT, 1);
    bindToLink(fd, zone);
    bindIfOwn(fd, socketAddress(local, 0, zone?.index));
  } catch (error) {
    libc('close', fd);
    throw error;
  }
  const [level, option] = family === 4 ? [linux.SOL_IP, linux.IP_MTU] : [linux.SOL_IPV6, linux.IPV6_MTU];
  const mtu = new Int32Array(1);
  const length = new Uint32Array(1);
  const nobody = new Uint8Array(16); // AF_UNSPEC: an address that undoes connect(), and gives the port back
  return {
    ask(destination) {
      const name = socketAddress(destination, ANY_PORT, zone?.index);
      try {
        libc('connect', fd, name, name.length);
        length[0] = mtu.byteLength;
        libc('getsockopt', fd, level, option, mtu, length);
        return mtu[0];
      } catch (error) {
        if (error instanceof SystemCallError) return undefined; // no way leads there, or not from this address
        throw error;
      } finally {
        libc('connect', fd, nobody, nobody.length);
      }
    },
    close() {
      libc('close', fd);
    },
  };
}

/** By the address packets leave with the way may be another (ip-rule(8)); one that is not this host's chooses none. */
function bindIfOwn(fd: number, name: Uint8Array): void {
  try {
    libc('bind', fd, name, name.length);
  } catch (error) {
    if (!(error instanceof SystemCallError && error.code === 'EADDRNOTAVAIL')) throw error;
  }
}
