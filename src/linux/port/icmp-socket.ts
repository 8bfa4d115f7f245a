/** Hears ICMP errors about one flow, on a raw ICMP socket of its own: a raw TCP socket is given none. icmp(7), RFC 3542 §3.2. */
import type { IcmpError } from '../../driver/icmp.js';
import { ipObjection } from '../../driver/ip-header.js';
import { Listeners } from '../../driver/listeners.js';
import type { PacketPort, Transport, Unsubscribe } from '../../driver/ports.js';
import { parsePacket, type Packet } from '../../wire/index.js';
import * as linux from '../libc/constants.js';
import { libc } from '../libc/libc.js';
import type { PortOptions } from './raw-flow.js';
import { readRawSocket } from './raw-reader.js';
import { domainOf, type Family, familyOf } from '../libc/sockaddr.js';
import { NO_PATH_MTU, setOption } from '../libc/socket.js';

/** The ICMP types that are errors; echo, neighbour discovery and all else is filtered away. */
const ERROR_TYPES: Readonly<Record<Family, readonly number[]>> = { 4: [3, 11, 12], 6: [1, 2, 3, 4] };

/** `port`, which now also says what ICMP says of its flow. Opened in the network namespace that the thread is in. */
export function withIcmp(port: PacketPort, options: PortOptions): PacketPort {
  const { local } = options;
  const family = familyOf(local);
  const errors = new Listeners<Error>();
  const reports = new Listeners<IcmpError>();
  const protocol = family === 4 ? linux.IPPROTO_ICMP : linux.IPPROTO_ICMPV6;
  const fd = openSocket(family, protocol);
  const onPacket = (bytes: Uint8Array): void => {
    const report = icmpErrorIn(bytes.slice(), options, 'libc');
    if (report !== undefined) reports.emit(report);
  };
  const reader = readRawSocket({ fd, family, local, protocol, onPacket, errors });
  let open = true;
  return {
    ...port,
    onError(listener): Unsubscribe {
      const unsubscribe = [port.onError(listener), errors.add(listener)];
      return () => {
        for (const stop of unsubscribe) stop();
      };
    },
    onIcmp: (listener) => reports.add(listener),
    close() {
      port.close();
      if (!open) return;
      open = false;
      reader.close();
      libc('close', fd);
    },
  };
}

function openSocket(family: Family, protocol: number): number {
  const fd = libc('socket', domainOf(family), linux.SOCK_RAW | linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC, protocol);
  try {
    // A set bit blocks its type: 32 types of ICMP, 256 of ICMPv6.
    const blocked = new Uint32Array(family === 4 ? 1 : 8).fill(0xffffffff);
    for (const type of ERROR_TYPES[family]) blocked[0] = (blocked[0] ?? 0) & ~(1 << type);
    const [level, option] = family === 4 ? [linux.SOL_RAW, linux.ICMP_FILTER] : [linux.SOL_ICMPV6, linux.ICMPV6_FILTER];
    libc('setsockopt', fd, level, option, blocked, blocked.byteLength);
    if (family === 4) setOption(fd, ...NO_PATH_MTU);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

/** What the packet says of one that the flow sent; undefined where it is no ICMP error, or about another flow. */
export function icmpErrorIn(bytes: Uint8Array, options: PortOptions, transport: Transport): IcmpError | undefined {
  const parsed = parsePacket(bytes);
  const report = parsed.ok ? readIcmpError(parsed.value, transport) : undefined;
  return report !== undefined && concerns(options, report.quoted) ? report : undefined;
}

/** A raw socket is also given what the kernel drops: a wrong checksum (icmp_rcv), no host's address; AF_PACKET much more. */
function readIcmpError(packet: Packet, transport: Transport): IcmpError | undefined {
  const { ip, icmp, icmpv6 } = packet;
  const message = icmp ?? icmpv6;
  if (message?.quoted === undefined || !message.checksumOk || ipObjection(packet, transport) !== undefined)
    return undefined;
  const { kind, code, quoted } = message;
  // A redirect quotes a packet too, and is no error.
  const isError =
    kind === 'unreachable' || kind === 'timeExceeded' || kind === 'packetTooBig' || kind === 'parameterProblem';
  if (!isError) return undefined;
  const info = 'info' in message ? (message.info ?? 0) : 0;
  // The upper half is not the MTU's in IPv4. RFC 1191 §4, RFC 4884 §4.1.
  return { from: ip.src, kind, code, mtu: ip.version === 4 ? info & 0xffff : info, quoted };
}

/** Whether the quoted packet is one that this flow sent. */
function concerns(options: PortOptions, { ip, tcp, tcpStart }: Packet): boolean {
  const ports = tcp ?? tcpStart;
  return (
    ip.src === options.local &&
    (options.remote === undefined || ip.dst === options.remote) &&
    ports !== undefined &&
    (options.localPort === undefined || ports.srcPort === options.localPort) &&
    (options.remotePort === undefined || ports.dstPort === options.remotePort)
  );
}
