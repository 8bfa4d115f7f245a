/** What a run needs of the lab: a listener, two packet sockets, and a server that knows the way back. */
import { ADDRESSES, LINK, SPARE } from '../lab/addresses.js';
import type { LabHost } from '../lab/host.js';
import { isOpenLab, type Lab } from '../lab/lab.js';
import { networkFilter } from '../linux/libc/bpf.js';
import { changeNetwork, linkIn } from '../linux/netlink/change-network.js';
import * as linux from '../linux/libc/constants.js';
import { openListener } from '../linux/port/kernel-socket.js';
import { openPacketDescriptor } from '../linux/port/packet-descriptor.js';
import type { Leases } from '../linux/process/leases.js';
import { libc } from '../linux/libc/libc.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { addRoute, deleteNeighbour, deleteRoute, replaceNeighbour } from '../linux/netlink/network-changes.js';
import { attachReceiveRing, ringSlots } from '../linux/capture/packet-ring.js';
import { linkAddress } from '../linux/libc/sockaddr.js';
import { attachFilter, setNoLinger, setOption, setSendQueue } from '../linux/libc/socket.js';
import { hasSysctl, readSysctl, setSysctls } from '../linux/namespace/sysctl.js';
import type { EngineTask } from './control.js';
import { SOURCE_NETWORK, SOURCE_PREFIX } from './four-tuples.js';
import { requireInLab } from './own-lab.js';
import type { Route } from './outbox.js';
import type { Plan } from './plan.js';

export type Stage = Pick<EngineTask, 'route' | 'receiveFd' | 'ringSlots'> & {
  /** None where the listener is somebody else's. */
  readonly listenFd: number | undefined;
  /** How long its queue has become. */
  readonly backlog: number;
};

/** Each handshake that is under way may have an answer in the ring, and some have two. */
const SLOTS_PER_HANDSHAKE = 1.0625;
const LEAST_SLOTS = 8192;
const SEND_QUEUE_BYTES = 4 << 20;

/**
 * Sets the stage; all of it is in `leases`.
 * @throws {RawshakeError} RS_NOT_A_LAB where a socket is not where it should be
 */
export function setStage(lab: Lab, plan: Plan, leases: Leases): Stage {
  const { server, client } = lab;
  for (const { netns } of [server, client]) requirePrivate(netns);
  const keep = keepIn(leases);
  const route: Route = {
    srcMac: SPARE.mac,
    dstMac: ADDRESSES.server.mac,
    dst: server.address(4),
    dstPort: plan.port,
  };
  const undo = undoIn(lab, leases);
  const listen = (): number => {
    lengthenQueue(server.netns, plan.backlog, undo);
    const fd = keep(openListener(server.netns, route.dst, plan.port, plan.backlog));
    // What is accepted inherits it: closing it sends RST.
    if (plan.close === 'server') setNoLinger(fd);
    return fd;
  };
  const listenFd = plan.listener ? listen() : undefined;
  const backlog = listenFd === undefined ? plan.backlog : queueLength(server, plan);
  const slots = ringSlots(Math.max(LEAST_SLOTS, SLOTS_PER_HANDSHAKE * plan.window));
  const receiveFd = keep(client.netns.run(() => openReceiver(route, slots)));
  return { route, receiveFd, ringSlots: slots, listenFd, backlog };
}

/** Asked of a socket that does nothing, before there is one that does something. */
function requirePrivate(netns: NetworkNamespace): void {
  const fd = netns.run(() => libc('socket', linux.AF_INET, linux.SOCK_DGRAM | linux.SOCK_CLOEXEC, 0));
  try {
    requireInLab(fd);
  } finally {
    libc('close', fd);
  }
}

/** The kernel cuts what listen(2) is given to `somaxconn`. Up to Linux 6.1 none shows that to root of a user namespace: it stays as it is. */
function lengthenQueue(netns: NetworkNamespace, backlog: number, undo: (action: () => void) => void): void {
  const name = 'net.core.somaxconn';
  if (!netns.run(() => hasSysctl(name))) return;
  const before = netns.run(() => readSysctl(name));
  if (Number(before) >= backlog) return;
  setSysctls(netns, { [name]: backlog });
  undo(() => {
    setSysctls(netns, { [name]: before });
  });
}

/** As the kernel has it: of a listener the send queue is the limit of its backlog. inet_diag.c, tcp_diag_get_info. */
const queueLength = (server: LabHost, { port, backlog }: Plan): number =>
  server.sockets(4).find(({ state, srcPort }) => state === 'LISTEN' && srcPort === port)?.sendQueue ?? backlog;

/**
 * What any number of runs share: a socket to send with, and a server that knows the way back. All of it is in `leases`: each packet
 * socket that is closed takes an RCU grace period.
 * @throws {RawshakeError} RS_NOT_A_LAB where the socket is not where it should be
 */
export function setCommonStage(lab: Lab, leases: Leases): Pick<EngineTask, 'sendFd'> {
  const sendFd = keepIn(leases)(lab.client.netns.run(() => openSender()));
  showWayBack(lab, leases);
  return { sendFd };
}

const keepIn =
  (leases: Leases) =>
  (fd: number): number => {
    leases.defer(() => libc('close', fd));
    requireInLab(fd);
    return fd;
  };

/**
 * One station that is nobody's stands for the whole network of sources: one neighbour, one route, no ARP.
 */
function showWayBack(lab: Lab, leases: Leases): void {
  const { netns } = lab.server;
  const link = linkIn(netns, LINK);
  changeNetwork(netns, [replaceNeighbour(SPARE[4], SPARE.mac, link), addRoute(SOURCE_NETWORK, SPARE[4])]);
  undoIn(
    lab,
    leases,
  )(() => {
    changeNetwork(netns, [deleteRoute(SOURCE_NETWORK), deleteNeighbour(SPARE[4], link)]);
  });
}

/** What is set in the lab is gone where the lab is. */
const undoIn =
  (lab: Lab, leases: Leases) =>
  (action: () => void): void => {
    leases.defer(() => {
      if (isOpenLab(lab)) action();
    });
  };

const openPacketSocket = (protocol: number, prepare: (fd: number) => void): number => {
  const fd = openPacketDescriptor();
  try {
    prepare(fd);
    const address = linkAddress(libc('if_nametoindex', LINK), protocol);
    libc('bind', fd, address, address.length);
    return fd;
  } catch (error) {
    libc('close', fd);
    throw error;
  }
};

/** ETH_P_IP, not ETH_P_ALL, which would be shown each frame that is sent, too. */
const openReceiver = ({ dst, dstPort }: Route, slots: number): number =>
  openPacketSocket(linux.ETH_P_IP, (fd) => {
    attachFilter(fd, networkFilter({ src: dst, srcPort: dstPort, dstPrefix: SOURCE_PREFIX }));
    attachReceiveRing(fd, slots);
  });

const openSender = (): number =>
  openPacketSocket(0, (fd) => {
    setOption(fd, linux.SOL_PACKET, linux.PACKET_QDISC_BYPASS, 1);
    setSendQueue(fd, SEND_QUEUE_BYTES);
  });
