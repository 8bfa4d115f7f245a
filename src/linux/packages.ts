/** The line that installs a program on this system: packages have other names than programs, and each distribution its own. */
import { existsSync } from 'node:fs';

const MANAGERS = {
  'apt-get': { installs: 'apt-get install', column: 0 },
  dnf: { installs: 'dnf install', column: 1 },
  apk: { installs: 'apk add', column: 2 },
  pacman: { installs: 'pacman -S', column: 3 },
} as const;

/** For apt-get, dnf, apk, pacman. */
type Names = readonly [string, string, string, string];

const IPROUTE: Names = ['iproute2', 'iproute', 'iproute2', 'iproute2'];
const IPTABLES: Names = ['iptables', 'iptables-nft', 'iptables', 'iptables'];
const UTIL_LINUX: Names = ['util-linux', 'util-linux', 'util-linux', 'util-linux'];
const same = (name: string): Names => [name, name, name, name];

const PACKAGES: Readonly<Record<string, Names>> = {
  ...{ ip: IPROUTE, ss: IPROUTE, nstat: IPROUTE, tc: IPROUTE, bridge: IPROUTE },
  ...{ iptables: IPTABLES, 'iptables-save': IPTABLES, 'iptables-restore': IPTABLES },
  ...{ ip6tables: IPTABLES, 'ip6tables-save': IPTABLES, 'ip6tables-restore': IPTABLES },
  ...{ unshare: UTIL_LINUX, nsenter: UTIL_LINUX, setpriv: UTIL_LINUX },
  nft: same('nftables'),
  conntrack: ['conntrack', 'conntrack-tools', 'conntrack-tools', 'conntrack-tools'],
  nc: ['netcat-openbsd', 'netcat', 'netcat-openbsd', 'openbsd-netcat'],
  ping: ['iputils-ping', 'iputils', 'iputils-ping', 'iputils'],
};

const FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

const isThere = (manager: string): boolean => FOLDERS.some((folder) => existsSync(`${folder}/${manager}`));

/** Debian's name where it is not known which system this is. */
export function packageOf(program: string): string {
  const [manager] = Object.entries(MANAGERS).filter(([name]) => isThere(name));
  return (PACKAGES[program] ?? same(program))[manager?.[1].column ?? 0];
}

/** `apt-get install iproute2`; where no package manager is known here, the package alone. */
export function installLine(program: string): string {
  const [manager] = Object.entries(MANAGERS).filter(([name]) => isThere(name));
  return manager === undefined ? packageOf(program) : `${manager[1].installs} ${packageOf(program)}`;
}
