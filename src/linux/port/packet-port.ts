/**
 * PacketPort over AF_PACKET: what is given goes out verbatim, past netfilter, and what a filter hides from the kernel
 * is still received. It sees one interface, and fragments as they come. packet(7).
 */
import { networkInterfaces } from 'node:os';
import type { IcmpError } from '../../driver/icmp.js';
import { Listeners } from '../../driver/listeners.js';
import { PacketNotSent } from '../../driver/not-sent.js';
import type { PacketPort, Refused } from '../../driver/ports.js';
import { about, RawshakeError } from '../../error.js';
import { parsePacket } from '../../wire/index.js';
import { frameFilter } from '../libc/bpf.js';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP } from '../libc/constants.js';
import { icmpErrorIn } from './icmp-socket.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { openPacketLink, type PacketLinkOptions } from './packet-link.js';
import { addressText, belongsTo, type PortOptions, receivedFlow } from './raw-flow.js';
import { type Leaving, openRouteTable, type RouteTable } from '../netlink/route-table.js';
import { addressBytes, familyOf } from '../libc/sockaddr.js';

export interface PacketPortOptions extends PortOptions {
  /**
   * `local` is an address that the host does not own, with a link address of its own: locally administered, such as
   * 02:00:00:00:00:03. The port answers for both, and the kernel has no part in the flow.
   */
  readonly spare?: { readonly mac: string };
}

/**
 * Opens the port in the network namespace that the thread is in.
 * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_RAW; {SystemCallError} EPERM without CAP_NET_ADMIN where a mark is
 * asked for
 * @throws {RawshakeError} RS_NO_ROUTE; RS_NO_TRANSPORT where the interface has no Ethernet header
 */
export function openPacketPort(options: PacketPortOptions): PacketPort {
  const local = addressText(addressBytes(options.local));
  const packets = new Listeners<Uint8Array>();
  const reports = new Listeners<IcmpError>();
  const errors = new Listeners<Error>();
  const refused = new Listeners<Refused>();
  const isOurs = belongsToFlow(options);
  const routes = openRouteTable();
  try {
    const link = openPacketLink({
      interfaceIndex: interfaceFor({ ...options, local }, routes),
      routes,
      local,
      leaving: leavingOf({ ...options, local }),
      ...filtersFor(options),
      ...(options.spare !== undefined && { spareMac: options.spare.mac }),
      ...(options.mark !== undefined && { mark: options.mark }),
      onPacket(packet) {
        if (isIcmp(packet)) {
          const report = icmpErrorIn(packet, options, 'packet');
          if (report !== undefined) reports.emit(report);
        } else if (isOurs(packet)) packets.emit(packet);
      },
      onError: (error, packet) => {
        errors.emit(packet === undefined ? error : new PacketNotSent(packet, error.code, error));
      },
      onRefused: (packet) => {
        refused.emit(packet);
      },
    });
    return {
      transport: 'packet',
      send: (packet) => {
        link.send(packet);
      },
      onPacket: (listener) => packets.add(listener),
      onError: (listener) => errors.add(listener),
      onIcmp: (listener) => reports.add(listener),
      onRefused: (listener) => refused.add(listener),
      close() {
        link.close();
        routes.close();
      },
    };
  } catch (error) {
    routes.close();
    throw error;
  }
}

/** A server's SYNs come by a queue of their own. */
function filtersFor(options: PortOptions): Pick<PacketLinkOptions, 'filter' | 'synFilter'> {
  const flow = receivedFlow(options);
  if (options.remote !== undefined) return { filter: frameFilter(flow) };
  return { filter: frameFilter(flow, 'others'), synFilter: frameFilter(flow, 'syns') };
}

const isIcmp = (packet: Uint8Array): boolean =>
  (packet[0] ?? 0) >>> 4 === 4 ? packet[9] === IPPROTO_ICMP : packet[6] === IPPROTO_ICMPV6;

/** As the filter in the kernel, which cannot find the ports behind IPv6 extension headers. */
function belongsToFlow(options: PortOptions): (packet: Uint8Array) => boolean {
  const belongs = belongsTo(options);
  return (packet) => {
    if (familyOf(options.local) === 4 || packet[6] === IPPROTO_TCP) return belongs(packet);
    const parsed = parsePacket(packet);
    const ports = parsed.ok ? parsed.value.tcp : undefined;
    return (
      ports !== undefined &&
      (options.remotePort === undefined || ports.srcPort === options.remotePort) &&
      (options.localPort === undefined || ports.dstPort === options.localPort)
    );
  };
}

/** The kernel has no way for what comes from an address that the host does not own. */
const leavingOf = ({ local, zone, mark, spare }: PacketPortOptions): Leaving => ({
  ...(spare === undefined && { source: local }),
  mark,
  interfaceIndex: zone?.index,
});

/** The interface that leads to the peer; where there is none yet, the one that has the address, or leads to it. */
function interfaceFor(options: PacketPortOptions, routes: RouteTable): number {
  const { local, remote, zone } = options;
  if (remote === undefined) {
    if (zone !== undefined) return zone.index;
    for (const [name, addresses] of Object.entries(networkInterfaces()))
      if (addresses?.some(({ address }) => address === local)) return libc('if_nametoindex', name);
  }
  const destination = remote ?? local;
  try {
    return routes.nextHop(destination, leavingOf(options)).interfaceIndex;
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause;
    const why = {
      en: `no interface leads there from ${local} (${cause.code})`,
      zh: `没有从 ${local} 通往那里的接口（${cause.code}）`,
    };
    throw new RawshakeError('RS_NO_ROUTE', about(destination, why), {
      cause,
      hint: { en: 'Look at the routes: ip route show table all', zh: '请查看路由：ip route show table all' },
    });
  }
}
