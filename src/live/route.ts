/** How this host would reach an address: from which of its own, by which link. ip-rule(8). */
import { isIP } from 'node:net';
import { lookup } from 'node:dns/promises';
import { about, RawshakeError, type Text } from '../error.js';
import { SystemCallError } from '../linux/libc/libc.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { openRouteTable, type RouteTable } from '../linux/netlink/route-table.js';
import { familyOf } from '../linux/libc/sockaddr.js';
import {
  linkNamed,
  nameOfInterface,
  onLink,
  sameLink,
  splitZone,
  type Zone,
  type ZonedAddress,
  zoneOf,
} from '../linux/port/zone.js';
import type { Flow } from '../wire/flow.js';
import { formatIpv6Address, parseIpv6Address } from '../wire/index.js';

/** From one of this host's addresses to the other side. */
export interface Route extends Pick<Flow, 'src' | 'dst'> {
  /** The only link that packets take: that of a link-local address, or the one that was named. */
  readonly zone: Zone | undefined;
  /** The one that they leave by, as the routes are now. */
  readonly link: Zone;
  /** The other side is this host. */
  readonly isLocal: boolean;
}

export interface RouteOptions {
  /** As a user writes it. Default: what the routing table says. */
  readonly source?: string | undefined;
  /** SO_MARK of what is sent. */
  readonly mark?: number;
  readonly netns?: NetworkNamespace | undefined;
  /** The only link that will do, by its name or number. Default: what the routing table says. */
  readonly interfaceName?: string | undefined;
}

/**
 * The address of a host: an address in its canonical form, with its zone, or what the resolver says; of a name one of the family
 * of `source`.
 * @throws {RawshakeError} RS_USAGE where the name is unknown
 */
export async function resolveHost(host: string, source = ''): Promise<ZonedAddress> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return canonical(bare);
  try {
    const { address } = await lookup(bare, { family: isIP(source) });
    return canonical(address);
  } catch (cause) {
    throw new RawshakeError('RS_USAGE', about(host, UNKNOWN_NAME), {
      cause,
      hint: {
        en: 'Give an address, or check the name: getent hosts NAME',
        zh: '请给出地址，或检查名字：getent hosts 名字',
      },
    });
  }
}

const UNKNOWN_NAME: Text = { en: 'no address is known by this name', zh: '查不到这个名字的地址' };

/** IPv6 addresses compare as text only in one spelling. RFC 5952. */
function canonical(text: string): ZonedAddress {
  const { address, ...zone } = splitZone(text);
  const bytes = parseIpv6Address(address);
  return { address: bytes === undefined ? address : formatIpv6Address(bytes), ...zone };
}

/** An address of this host, and the link that it is on, where it is link-local. */
export interface OwnAddress {
  readonly address: string;
  readonly zone: Zone | undefined;
}

/**
 * The one that was named, in `netns` where given; undefined where packets to it do not stay on this host, as the kernel's
 * routing table has it: multicast and broadcast do not.
 * @throws {RawshakeError} RS_USAGE where its zone is unknown, or more than one would do
 */
export const ownAddress = (named: ZonedAddress, netns?: NetworkNamespace): OwnAddress | undefined =>
  withRoutes(netns, (routes) => {
    const { address } = named;
    const zone = zoneOf(named, true);
    return isOwn(routes, address, zone) ? { address, zone } : undefined;
  });

function isOwn(routes: RouteTable, address: string, zone: Zone | undefined): boolean {
  if (address in LOOPBACKS) return false; // to connect to it is to connect to oneself
  try {
    return routes.nextHop(address, { interfaceIndex: zone?.index }).isLocal;
  } catch (error) {
    if (error instanceof SystemCallError) return false; // no route leads there
    throw error;
  }
}

/**
 * Asks the kernel as its own connect() does: by the destination for a source, and by both for the way. ip_route_connect().
 * @throws {RawshakeError} RS_NO_ROUTE; RS_USAGE where the source is not this host's, or a zone is unknown or has to be chosen
 */
export const routeTo = (named: ZonedAddress, { source, mark, netns, interfaceName }: RouteOptions = {}): Route =>
  withRoutes(netns, (routes) => {
    requireOneHost(named.address);
    const link = interfaceName === undefined ? undefined : linkNamed(interfaceName);
    const to = onLink(named, link);
    const from = source === undefined ? undefined : ownSource(routes, onLink(canonical(source), link), to);
    const zone = sameLink(to.address, commonZone(to, from), link);
    const leaving = { mark, interfaceIndex: zone?.index };
    const dst = to.address;
    try {
      const src = from?.address ?? routes.nextHop(dst, leaving).source;
      if (src === undefined) throw noRoute(dst, undefined);
      const { isLocal, interfaceIndex } = routes.nextHop(dst, { ...leaving, source: src });
      return { src, dst, zone, link: zone ?? linkOf(interfaceIndex), isLocal };
    } catch (error) {
      if (error instanceof SystemCallError) throw noRoute(dst, error);
      throw error;
    }
  });

const linkOf = (index: number): Zone => ({ index, name: nameOfInterface(index) ?? String(index) });

/** The link that packets of a route leave by now; undefined where none leads there, or its source is this host's no longer. */
export const linkTowards = (
  { src, dst, zone }: Route,
  { mark, netns }: Pick<RouteOptions, 'mark' | 'netns'>,
): Zone | undefined =>
  withRoutes(netns, (routes) => {
    try {
      const { interfaceIndex } = routes.nextHop(dst, { mark, source: src, interfaceIndex: zone?.index });
      return routes.nextHop(src, { interfaceIndex: zone?.index }).isLocal ? linkOf(interfaceIndex) : undefined;
    } catch (error) {
      if (error instanceof SystemCallError) return undefined;
      throw error;
    }
  });

/** @throws {RawshakeError} RS_USAGE for addresses that no host has alone. tcp_v4_connect(), tcp_v6_connect() */
function requireOneHost(address: string): void {
  const loopback = LOOPBACKS[address];
  const isMany = address === '255.255.255.255' || /^(22[4-9]|23\d)\.|^ff..:/.test(address);
  if (loopback === undefined && !isMany) return;
  throw new RawshakeError('RS_USAGE', about(address, NOT_ONE), {
    hint: loopback === undefined ? ONE_HOST : thisHost(address, loopback),
  });
}

/** What Linux takes in place of the unspecified addresses. */
const LOOPBACKS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

const thisHost = (address: string, loopback: string): Text => ({
  en: `To Linux ${address} means this host, and its sockets connect to ${loopback} instead: give that.`,
  zh: `对 Linux 而言 ${address} 表示本机，其套接字会改为连接 ${loopback}：请使用后者。`,
});

const NOT_ONE: Text = { en: 'no address that one can connect to', zh: '不是可以连接的地址' };

const ONE_HOST: Text = {
  en: 'It is multicast or broadcast, and TCP is between two hosts: a socket of Linux says ENETUNREACH. Give the address of one host.',
  zh: '这是多播或广播地址，而 TCP 只在两台主机之间：Linux 的套接字会返回 ENETUNREACH。请给出单个主机的地址。',
};

function withRoutes<T>(netns: NetworkNamespace | undefined, ask: (routes: RouteTable) => T): T {
  const open = (): T => {
    const routes = openRouteTable();
    try {
      return ask(routes);
    } finally {
      routes.close();
    }
  };
  return netns === undefined ? open() : netns.run(open);
}

/** The source as it was written, looked at before anything is sent: to any other no answer would come. */
function ownSource(routes: RouteTable, named: ZonedAddress, to: ZonedAddress): OwnAddress {
  const { address } = named;
  const source = { en: `source ${address}`, zh: `源地址 ${address}` };
  if (isIP(address) === 0) throw new RawshakeError('RS_USAGE', about(source, NO_ADDRESS), { hint: OWN_ADDRESS });
  if (familyOf(address) !== familyOf(to.address)) {
    const why = {
      en: `IPv4 and IPv6 do not reach one another (${to.address})`,
      zh: `IPv4 和 IPv6 不能互通（${to.address}）`,
    };
    throw new RawshakeError('RS_USAGE', about(source, why), {
      hint: {
        en: 'Give the other side by an address of the same family.',
        zh: '请使用与源地址同一协议族的目标地址。',
      },
    });
  }
  const found = { address, zone: zoneOf(named, true) };
  if (isOwn(routes, address, found.zone)) return found;
  throw new RawshakeError('RS_USAGE', about(source, NO_ANSWER), { hint: OWN_ADDRESS });
}

const NO_ADDRESS: Text = { en: 'not an address', zh: '不是地址' };
const NO_ANSWER: Text = {
  en: 'no address of this host, so no answer would come back',
  zh: '不是本机地址，应答回不来',
};

const OWN_ADDRESS = {
  en: 'Name one that `ip address` shows. How an address that no host owns can be used: rawshake lab run spare-address',
  zh: '请指定 `ip address` 列出的地址。如何使用任何主机都没有的地址：rawshake lab run spare-address',
};

/** One link for both ends: that of the source where the destination names none. */
function commonZone(to: ZonedAddress, from: OwnAddress | undefined): Zone | undefined {
  if (from?.zone === undefined) return zoneOf(to, false);
  const zone = to.zone === undefined ? from.zone : (zoneOf(to, false) ?? from.zone);
  if (zone.index === from.zone.index) return zone;
  const message = {
    en: `${to.address} is on ${zone.name}, and the source on ${from.zone.name}`,
    zh: `${to.address} 在 ${zone.name} 上，而源地址在 ${from.zone.name} 上`,
  };
  throw new RawshakeError('RS_USAGE', message, {
    hint: { en: 'Name two addresses of one link.', zh: '请指定同一链路上的两个地址。' },
  });
}

const noRoute = (address: string, cause: SystemCallError | undefined): RawshakeError =>
  new RawshakeError('RS_NO_ROUTE', about(address, { en: 'this host has no route to it', zh: '本机没有通往它的路由' }), {
    cause,
    hint: {
      en: 'Look at the routes and rules: ip route show table all; ip rule',
      zh: '请查看路由和规则：ip route show table all；ip rule',
    },
  });
