/** Asks the kernel which way a packet would go, as it would for one of its own: next hop and its link address. rtnetlink(7). */
import { constants } from 'node:os';
import { notUnderstood } from '../../error.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import { type Attribute, Attributes } from './attributes.js';
import type { NetlinkMessage, Request } from './messages.js';
import { NDMSG, openRtnetlink, RTMSG } from './rtnetlink.js';
import { addressText } from '../port/raw-flow.js';
import { addressBytes, domainOf, familyOf } from '../libc/sockaddr.js';

export interface NextHop {
  readonly interfaceIndex: number;
  /** The router to hand it to, or the destination itself where that is on the link. */
  readonly address: string;
  /** The destination is this host's own. */
  readonly isLocal: boolean;
  /** The address that the kernel would send from, where the question names none. */
  readonly source: string | undefined;
}

/** What else decides the way, as `ip rule` has it. */
export interface Leaving {
  /** An address of this host. */
  readonly source?: string | undefined;
  /** SO_MARK. */
  readonly mark?: number | undefined;
  /** The only interface that will do: that of a link-local address. */
  readonly interfaceIndex?: number | undefined;
}

/** A question line to one network namespace. Works without privileges. */
export interface RouteTable {
  /** @throws {SystemCallError} ENETUNREACH, EHOSTUNREACH, EACCES or EINVAL where no route leads there */
  nextHop(destination: string, leaving?: Leaving): NextHop;
  /** The neighbour's link address, where the kernel knows it. */
  neighbour(address: string, interfaceIndex: number): Uint8Array | undefined;
  /** Idempotent. */
  close(): void;
}

/** Opens the question line in the network namespace that the thread is in. */
export function openRouteTable(): RouteTable {
  const socket = openRtnetlink();
  return {
    nextHop: (destination, leaving = {}) => readRoute(socket.ask(routeRequest(destination, leaving)), destination),
    neighbour(address, interfaceIndex) {
      try {
        return readNeighbour(socket.ask(neighbourRequest(address, interfaceIndex)));
      } catch (error) {
        // ENOENT, or EOPNOTSUPP of kernels before 5.0, which do not answer about one neighbour alone.
        if (error instanceof SystemCallError) return undefined;
        throw error;
      }
    },
    close() {
      socket.close();
    },
  };
}

function routeRequest(destination: string, { source, mark, interfaceIndex }: Leaving): Request {
  const dst = addressBytes(destination);
  const src = source === undefined ? new Uint8Array(0) : addressBytes(source);
  const attributes: readonly Attribute[] = [
    [linux.RTA_DST, dst],
    ...(src.length === 0 ? [] : [[linux.RTA_SRC, src] as const]),
    ...(mark === undefined ? [] : [[linux.RTA_MARK, mark] as const]),
    ...(interfaceIndex === undefined ? [] : [[linux.RTA_OIF, interfaceIndex] as const]),
  ];
  const family = domainOf(familyOf(destination));
  const body = RTMSG.write({ family, dstBits: dst.length * 8, srcBits: src.length * 8 });
  return { type: linux.RTM_GETROUTE, body, attributes };
}

const neighbourRequest = (address: string, index: number): Request => ({
  type: linux.RTM_GETNEIGH,
  body: NDMSG.write({ family: domainOf(familyOf(address)), index }),
  attributes: [[linux.NDA_DST, addressBytes(address)]],
});

/** The way that an RTM_NEWROUTE tells. */
export function readRoute({ body }: NetlinkMessage, destination: string): NextHop {
  const isLocal = RTMSG.read(body)('type') === linux.RTN_LOCAL;
  const attributes = new Attributes(body, RTMSG.bytes);
  const interfaceIndex = attributes.i32(linux.RTA_OIF);
  if (interfaceIndex === undefined) throw new SystemCallError('rtnetlink', constants.errno.ENETUNREACH);
  // A router of the other family comes as RTA_VIA: two bytes of family, then the address. RFC 5549.
  const router = attributes.bytes(linux.RTA_GATEWAY) ?? attributes.bytes(linux.RTA_VIA)?.subarray(2);
  const source = attributes.bytes(linux.RTA_PREFSRC);
  return {
    interfaceIndex,
    address: router === undefined ? destination : textOf(router, 'router'),
    isLocal,
    source: source === undefined ? undefined : textOf(source, 'source'),
  };
}

function textOf(address: Uint8Array, what: string): string {
  if (address.length !== 4 && address.length !== 16)
    throw notUnderstood('rtnetlink', {
      en: `a ${what} whose address has ${address.length} bytes`,
      zh: `${what} 的地址有 ${address.length} 字节`,
    });
  return addressText(address);
}

/** The link address that an RTM_NEWNEIGH tells, where it is known by now. */
export function readNeighbour({ body }: NetlinkMessage): Uint8Array | undefined {
  const isKnown = (NDMSG.read(body)('state') & (linux.NUD_INCOMPLETE | linux.NUD_FAILED)) === 0;
  return isKnown ? new Attributes(body, NDMSG.bytes).bytes(linux.NDA_LLADDR)?.slice() : undefined;
}
