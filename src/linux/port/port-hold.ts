/**
 * Keeps a TCP port for packets made by hand: a socket that is bound and never listens. To a packet it is not there (tcp_v4_rcv
 * looks for connections and listeners only), but no program can bind the port beside it, and connect() never picks it.
 * bind(2), inet_csk_get_port(), __inet_hash_connect().
 */
import { about, RawshakeError, type Text } from '../../error.js';
import type { Flow } from '../../wire/flow.js';
import * as linux from '../libc/constants.js';
import { interfaceOf } from './interface-of.js';
import { libc, SystemCallError } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { type LocalEnd, NOBODYS, type PortHolder, portHolders } from '../netlink/port-holders.js';
import { portInUse, portNamed } from './port-in-use.js';
import { domainOf, familyOf, socketAddress } from '../libc/sockaddr.js';
import { openSocketTable } from '../netlink/sock-diag.js';
import { setOption } from '../libc/socket.js';
import type { Zone } from './zone.js';

export interface PortHold {
  readonly port: number;
  /** Idempotent. */
  close(): void;
}

/** undefined where any socket has the port at that address, a connection in TIME_WAIT among them. */
export function tryHold(end: LocalEnd, netns?: NetworkNamespace): PortHold | undefined {
  return bound(end, netns, false);
}

/**
 * Connections that no program has any more do not hinder: the kernel looks after them to their end, beside what is made by hand.
 * But those of a program that had no SO_REUSEADDR do: nothing can be bound beside them. inet_csk_bind_conflict().
 * @throws {RawshakeError} RS_PORT_IN_USE where such a one, or a program's socket, has the port at that address, or at any;
 * RS_NO_PRIVILEGE below 1024 without CAP_NET_BIND_SERVICE
 */
export function holdPort(end: LocalEnd, netns?: NetworkNamespace): PortHold {
  const hold = tryHold(end, netns);
  if (hold !== undefined) return hold;
  const all = portHolders(end, netns);
  const holders = all.filter(({ inode }) => inode !== NOBODYS);
  const beside = holders.length === 0 ? bound(end, netns, true) : undefined;
  if (beside === undefined) throw portInUse(end.port, holders.length === 0 ? all : holders, undefined, netns);
  return beside;
}

/**
 * Holds the near end of a connection to be.
 * @throws {RawshakeError} as `holdPort`; RS_PORT_IN_USE also where the kernel owns the four-tuple alone, as in TIME_WAIT
 */
export function holdFlow(flow: Flow, netns?: NetworkNamespace, zone?: Zone): PortHold {
  const table = openSocketTable(netns);
  try {
    const hold = holdPort({ address: flow.src, port: flow.srcPort, zone }, netns);
    const state = table.ownerOf(flow, zone?.index ?? interfaceOf(flow.src, netns));
    if (state === 'none') return hold;
    hold.close();
    const owner = portHolders({ address: flow.src, port: flow.srcPort }, netns).find((holder) => isOf(flow, holder));
    throw portInUse(flow.srcPort, [owner ?? { ...flow, state, inode: NOBODYS }], undefined, netns);
  } finally {
    table.close();
  }
}

const isOf = ({ dst, dstPort }: Flow, holder: PortHolder): boolean => holder.dst === dst && holder.dstPort === dstPort;

function bound(end: LocalEnd, netns: NetworkNamespace | undefined, besideOrphans: boolean): PortHold | undefined {
  const bind = (): number => boundSocket(end, besideOrphans);
  try {
    let fd: number | undefined = netns === undefined ? bind() : netns.run(bind);
    return {
      port: end.port,
      close() {
        if (fd !== undefined) libc('close', fd);
        fd = undefined;
      },
    };
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.code === 'EADDRINUSE') return undefined;
    throw error.code === 'EACCES' ? privileged(end, error) : error;
  }
}

function boundSocket({ address, port, zone }: LocalEnd, besideOrphans: boolean): number {
  const family = familyOf(address);
  const fd = libc('socket', domainOf(family), linux.SOCK_STREAM | linux.SOCK_CLOEXEC, 0);
  try {
    // Addresses that the kernel takes for nobody's yet: an IPv6 one that is still being looked for in the network.
    if (family === 4) setOption(fd, linux.SOL_IP, linux.IP_FREEBIND, 1);
    else setOption(fd, linux.SOL_IPV6, linux.IPV6_FREEBIND, 1);
    const name = socketAddress(address, port, zone?.index);
    if (besideOrphans) setOption(fd, linux.SOL_SOCKET, linux.SO_REUSEADDR, 1);
    libc('bind', fd, name, name.length);
    // With the option left on, others that have it on could bind the port too.
    if (besideOrphans) setOption(fd, linux.SOL_SOCKET, linux.SO_REUSEADDR, 0);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
}

const NEEDS_CAPABILITY: Text = {
  en: 'to hold it needs CAP_NET_BIND_SERVICE',
  zh: '占用它需要 CAP_NET_BIND_SERVICE',
};

const privileged = ({ port }: LocalEnd, cause: SystemCallError): RawshakeError =>
  new RawshakeError('RS_NO_PRIVILEGE', about(portNamed(port), NEEDS_CAPABILITY), {
    cause,
    hint: {
      en: 'Run as root, or take a port from net.ipv4.ip_unprivileged_port_start on.',
      zh: '请以 root 身份运行，或使用不小于 net.ipv4.ip_unprivileged_port_start 的端口。',
    },
  });
