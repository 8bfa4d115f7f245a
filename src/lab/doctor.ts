/** Finds out what this machine can do, by doing it: each need of the main job is tried in a lab of its own. */
import { release } from 'node:os';
import { type Text, verbatim } from '../error.js';
import { applyFilter } from '../filter/lease.js';
import { planFilter } from '../filter/plan.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { runCommand } from '../linux/process/command.js';
import { libc } from '../linux/libc/libc.js';
import { isRootless } from '../linux/namespace/user-namespace.js';
import { insertConnection } from '../linux/port/tcp-repair.js';
import { activeOpen, handOver, LINUX_OFFER } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import { CLIENT_PORT, type Family, SERVER_PORT } from './addresses.js';
import { attempt, examined, type Capability, type Need, untried } from './capability.js';
import { ADOPT, IP6TABLES, IPTABLES, KERNEL, NAMESPACES, NFT, NO_FILTER, RAW_SOCKET } from './doctor-needs.js';
import { rawSocketPackage } from './doctor-package.js';
import { programs } from './doctor-programs.js';
import { forwarding, fwmarkReflect, ipv6, journal, tracefs, userNamespaces } from './doctor-system.js';
import type { Lab } from './lab.js';

/** Tries everything, in the lab that `openLab` gives; where it gives none, what needs one is named as not tried. */
export function examine(openLab: () => Lab): readonly Capability[] {
  let lab: Lab | undefined;
  const namespaces = attempt(NAMESPACES, () => {
    lab = openLab();
    return isRootless()
      ? { en: 'two hosts and a link, in a user namespace', zh: '两台主机和一条链路，在用户命名空间中' }
      : { en: 'two hosts and a link', zh: '两台主机和一条链路' };
  });
  try {
    return [
      attempt(KERNEL, () => verbatim(release())),
      examined('npm raw-socket', rawSocketPackage),
      examined('programs', programs),
      namespaces,
      ...(lab === undefined ? withoutLab() : withLab(lab)),
      examined('journal', journal),
      examined('ipv6', ipv6),
      examined('user namespaces', userNamespaces),
      examined('tracefs', tracefs),
      examined('fwmark_reflect', fwmarkReflect),
      examined('forwarding', forwarding),
    ];
  } finally {
    lab?.close();
  }
}

function withLab(lab: Lab): readonly Capability[] {
  const byNft = attempt(NFT, () => nft(lab));
  const byIptables = attempt(IPTABLES, () => iptables(lab, 4));
  return [
    attempt(RAW_SOCKET, () => rawSocket(lab)),
    // One of the two is needed: without iptables `compare` takes nft.
    byNft.ok ? byIptables : { ...byIptables, ...NO_FILTER },
    byIptables.ok ? byNft : { ...byNft, ...(!byNft.ok && { costs: NO_FILTER.costs }) },
    attempt(IP6TABLES, () => iptables(lab, 6)),
    attempt(ADOPT, () => adopt(lab)),
  ];
}

function withoutLab(): readonly Capability[] {
  const installed = (need: Need, program: 'iptables' | 'ip6tables'): Capability => {
    const found = attempt(need, () => verbatim(runCommand([program, '--version']).trim()));
    return found.ok ? untried(need, found.detail) : found;
  };
  return [
    untried(RAW_SOCKET),
    installed(IPTABLES, 'iptables'),
    untried(NFT),
    installed(IP6TABLES, 'ip6tables'),
    untried(ADOPT),
  ];
}

function flowIn(lab: Lab, family: Family): Flow {
  const [src, dst] = [lab.client.address(family), lab.server.address(family)];
  return { src, srcPort: CLIENT_PORT, dst, dstPort: SERVER_PORT };
}

function rawSocket(lab: Lab): Text {
  const { src, dst } = flowIn(lab, 4);
  const port = lab.client.openPort('auto', { local: src, remote: dst, mark: 1 });
  port.close();
  return { en: `opens (${port.transport}), with a mark`, zh: `可以打开（${port.transport}），可以打标记` };
}

/** The very rule of the main job, in and out again. */
function iptables(lab: Lab, family: Family): Text {
  const lease = applyFilter(planFilter({ flow: flowIn(lab, family), backend: 'iptables' }), lab.client);
  lease.close();
  const version = runCommand([family === 4 ? 'iptables' : 'ip6tables', '--version']).trim();
  return verbatim(version.includes('(') ? version : `${version} (${lease.variant ?? 'legacy'})`); // before 1.8 it did not say
}

/** The same by nftables, whose tables the kernel removes when the process dies. */
function nft(lab: Lab): Text {
  const lease = applyFilter(planFilter({ flow: flowIn(lab, 4), backend: 'nft' }), lab.client);
  lease.close();
  return lease.owned
    ? { en: 'drops RSTs, in a table that goes with the process', zh: '可以丢弃 RST，所用的表随进程消失' }
    : { en: 'drops RSTs, in a table that a guard removes', zh: '可以丢弃 RST，所用的表由守护进程移除' };
}

/** A socket is told that it is connected, and the kernel asked who owns that; closed in repair mode, it tells nobody. */
function adopt(lab: Lab): Text {
  const flow = flowIn(lab, 4);
  const now = monotonicNow();
  const connection = handOver(activeOpen({ iss: 1, ...LINUX_OFFER }, now).tcb, now);
  const fd = lab.client.netns.run(() => insertConnection(connection, flow));
  const { owner } = lab.client.lookup(flow);
  libc('close', fd);
  if (owner !== 'ESTABLISHED') throw new Error(`TCP_REPAIR: the socket table says ${owner}`);
  return {
    en: 'TCP_REPAIR makes a socket that is ESTABLISHED, without a handshake',
    zh: 'TCP_REPAIR 无需握手即可造出处于 ESTABLISHED 状态的套接字',
  };
}
