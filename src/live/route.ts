/** How this host would reach an address: from which of its own, over which interface. ip-route(8). */
import { isIP, isIPv6 } from 'node:net';
import { lookup } from 'node:dns/promises';
import { notUnderstood, RawshakeError } from '../error.js';
import { runCommand } from '../linux/command.js';
import { SystemCallError } from '../linux/libc.js';
import type { NetworkNamespace } from '../linux/netns.js';
import { openRouteTable } from '../linux/route-table.js';
import { formatIpv6Address, parseIpv6Address } from '../wire/index.js';

export interface Route {
  /** The address that packets leave with. */
  readonly source: string;
  readonly interfaceName: string;
}

/**
 * The address of a host: an address in its canonical form, or what the resolver says.
 * @throws {RawshakeError} RS_USAGE where the name is unknown
 */
export async function resolveHost(host: string, family?: 4 | 6): Promise<string> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIPv6(bare)) return canonical(bare);
  if (isIP(bare) === 4) return bare;
  try {
    const { address } = await lookup(bare, family === undefined ? {} : { family });
    return canonical(address);
  } catch (cause) {
    throw new RawshakeError('RS_USAGE', `${host}: no address is known by this name`, {
      cause,
      hint: {
        en: 'Give an address, or check the name: getent hosts NAME',
        zh: '请给出地址，或检查名字：getent hosts 名字',
      },
    });
  }
}

/** IPv6 addresses compare as text only in one spelling. RFC 5952. */
const canonical = (address: string): string => {
  const bytes = parseIpv6Address(address);
  return bytes === undefined ? address : formatIpv6Address(bytes);
};

/** Whether packets to `address` stay on this host, as the kernel's routing table has it; multicast and broadcast do not. */
export function isOwnAddress(address: string, netns?: NetworkNamespace): boolean {
  if (UNSPECIFIED.includes(address)) return false; // to connect to it is to connect to oneself
  const open = () => openRouteTable();
  const routes = netns === undefined ? open() : netns.run(open);
  try {
    return routes.nextHop(address).isLocal;
  } catch (error) {
    if (error instanceof SystemCallError) return false; // no route leads there
    throw error;
  } finally {
    routes.close();
  }
}

const UNSPECIFIED: readonly string[] = ['0.0.0.0', '::'];

/**
 * Asks the kernel's routing table, in `netns` where given.
 * @throws {RawshakeError} RS_NO_ROUTE
 */
export function routeTo(address: string, netns?: NetworkNamespace): Route {
  const route = readIpRoute(askRoute(address, netns));
  if (route === undefined) throw noRoute(address, undefined);
  return route;
}

/**
 * What `ip -json route get` prints; undefined where it names no interface or no source.
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where it is not what ip prints
 */
export function readIpRoute(json: string): Route | undefined {
  let routes: unknown;
  try {
    routes = JSON.parse(json);
  } catch (cause) {
    throw notUnderstood('ip route get: what it printed is no JSON', cause);
  }
  const route: unknown = Array.isArray(routes) ? routes[0] : routes;
  if (!Array.isArray(routes) || typeof (route ?? {}) !== 'object')
    throw notUnderstood('ip route get: no list of routes');
  const { dev, prefsrc } = (route ?? {}) as Readonly<Record<'dev' | 'prefsrc', unknown>>;
  return typeof dev === 'string' && typeof prefsrc === 'string' ? { source: prefsrc, interfaceName: dev } : undefined;
}

function askRoute(address: string, netns: NetworkNamespace | undefined): string {
  try {
    return runCommand(['ip', '-json', 'route', 'get', address], netns === undefined ? {} : { netns });
  } catch (error) {
    if (error instanceof RawshakeError && error.code === 'RS_COMMAND_FAILED') throw noRoute(address, error);
    throw error;
  }
}

const noRoute = (address: string, cause: RawshakeError | undefined): RawshakeError =>
  new RawshakeError('RS_NO_ROUTE', `${address}: this host has no route to it`, {
    cause,
    hint: { en: 'Look at the routes: ip route show table all', zh: '请查看路由：ip route show table all' },
  });
