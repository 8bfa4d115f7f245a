/** Finds out what this machine can do, by doing it: each need of the main job is tried in a lab of its own. */
import { release } from 'node:os';
import type { Text } from '../error.js';
import { applyFilter } from '../filter/lease.js';
import { planFilter } from '../filter/plan.js';
import { monotonicNow } from '../linux/clock.js';
import { runCommand } from '../linux/command.js';
import { journalFolder } from '../linux/journal.js';
import { libc } from '../linux/libc.js';
import { isRootless } from '../linux/user-namespace.js';
import { insertConnection } from '../linux/tcp-repair.js';
import { activeOpen, handOver, LINUX_OFFER } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import { CLIENT_PORT, type Family, SERVER_PORT } from './addresses.js';
import { attempt, diagnose, type Diagnosis, plain } from './diagnosis.js';
import { rawSocketPackage } from './doctor-package.js';
import { forwarding, fwmarkReflect, ipv6, tracefs, userNamespaces } from './doctor-system.js';
import type { Lab } from './lab.js';

/** Tries everything, in the lab that `openLab` gives; where it gives none, what needs one is left out. */
export function examine(openLab: () => Lab): readonly Diagnosis[] {
  const before = [attempt('kernel', true, () => plain(release())), diagnose('npm raw-socket', rawSocketPackage)];
  let lab: Lab | undefined;
  const namespaces = attempt('namespaces', true, () => {
    lab = openLab();
    return isRootless()
      ? { en: 'two hosts and a link, in a user namespace', zh: '两台主机和一条链路，在用户命名空间中' }
      : { en: 'two hosts and a link', zh: '两台主机和一条链路' };
  });
  const system = [
    diagnose('ipv6', ipv6),
    diagnose('user namespaces', userNamespaces),
    diagnose('tracefs', tracefs),
    diagnose('fwmark_reflect', fwmarkReflect),
    diagnose('forwarding', forwarding),
  ];
  if (lab === undefined) return [...before, namespaces, ...system];
  const opened = lab;
  try {
    return [
      ...before,
      namespaces,
      attempt('raw socket', true, () => rawSocket(opened)),
      ...filters(opened),
      attempt('ip6tables', false, () => iptables(opened, 6)),
      attempt('adopt', false, () => adopt(opened)),
      diagnose('journal', journal),
      ...system,
    ];
  } finally {
    opened.close();
  }
}

/** One of the two is needed: without iptables `compare` takes nft. */
function filters(lab: Lab): readonly Diagnosis[] {
  const byNft = attempt('nft', false, () => nft(lab));
  return [attempt('iptables', !byNft.ok, () => iptables(lab, 4)), byNft];
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
  return plain(version.includes('(') ? version : `${version} (${lease.variant ?? 'legacy'})`); // before 1.8 it did not say
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

/** Where it is noted which rules are in force, on the host itself; a lab needs no such note. */
function journal(): Diagnosis {
  const folder = journalFolder();
  const common = { name: 'journal', needed: false };
  if (folder !== undefined) return { ...common, ok: true, detail: plain(folder) };
  return {
    ...common,
    ok: false,
    detail: {
      en: 'cannot be written; after a SIGKILL only the guard removes an iptables rule',
      zh: '无法写入；进程被 SIGKILL 后，只有守护进程会移除 iptables 规则',
    },
    hint: {
      en: 'As root it is in /run/rawshake; otherwise set XDG_RUNTIME_DIR to a folder that is yours',
      zh: 'root 使用 /run/rawshake；否则请把 XDG_RUNTIME_DIR 设为自己的目录',
    },
  };
}
