/** Asks the kernel which way a packet would go, as it would for one of its own: next hop and its link address. rtnetlink(7). */
import { constants } from 'node:os';
import { notUnderstood } from '../error.js';
import * as linux from './constants.js';
import { SystemCallError } from './libc.js';
import {
  aligned,
  attributesIn,
  bodyOf,
  HEADER_BYTES,
  type NetlinkMessage,
  valueOf,
  viewOf,
} from './netlink-messages.js';
import { NetlinkSocket } from './netlink-socket.js';
import { addressText } from './raw-flow.js';
import { addressBytes, domainOf, familyOf } from './sockaddr.js';

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

const MESSAGE_BYTES = 12; // struct rtmsg, struct ndmsg
const ATTRIBUTES = HEADER_BYTES + MESSAGE_BYTES;
const ROUTE_TYPE = 7;
const NEIGHBOUR_STATE = 8;

interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Opens the question line in the network namespace that the thread is in. */
export function openRouteTable(): RouteTable {
  const socket = new NetlinkSocket({ number: linux.NETLINK_ROUTE, name: 'rtnetlink' });
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

/** `fill` writes the message behind the header. */
function request(type: number, attributes: readonly Attribute[], fill: (message: DataView) => void): Uint8Array {
  const length = ATTRIBUTES + attributes.reduce((sum, { value }) => sum + aligned(4 + value.length), 0);
  const bytes = new Uint8Array(new ArrayBuffer(length));
  const view = viewOf(bytes);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, linux.NLM_F_REQUEST, true);
  fill(new DataView(bytes.buffer, HEADER_BYTES, MESSAGE_BYTES));
  let at = ATTRIBUTES;
  for (const { type: kind, value } of attributes) {
    view.setUint16(at, 4 + value.length, true);
    view.setUint16(at + 2, kind, true);
    bytes.set(value, at + 4);
    at += aligned(4 + value.length);
  }
  return bytes;
}

/** struct rtmsg: family, prefix lengths of destination and source, and more that a question leaves at 0. */
function routeRequest(destination: string, { source, mark, interfaceIndex }: Leaving): Uint8Array {
  const dst = addressBytes(destination);
  const src = source === undefined ? new Uint8Array(0) : addressBytes(source);
  const attributes = [
    { type: linux.RTA_DST, value: dst },
    ...(src.length === 0 ? [] : [{ type: linux.RTA_SRC, value: src }]),
    ...(mark === undefined ? [] : [{ type: linux.RTA_MARK, value: numberBytes(mark) }]),
    ...(interfaceIndex === undefined ? [] : [{ type: linux.RTA_OIF, value: numberBytes(interfaceIndex) }]),
  ];
  return request(linux.RTM_GETROUTE, attributes, (message) => {
    message.setUint8(0, domainOf(familyOf(destination)));
    message.setUint8(1, dst.length * 8);
    message.setUint8(2, src.length * 8);
  });
}

const numberBytes = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

/** struct ndmsg: family, interface index, state, flags. */
function neighbourRequest(address: string, interfaceIndex: number): Uint8Array {
  const attributes = [{ type: linux.NDA_DST, value: addressBytes(address) }];
  return request(linux.RTM_GETNEIGH, attributes, (message) => {
    message.setUint8(0, domainOf(familyOf(address)));
    message.setInt32(4, interfaceIndex, true);
  });
}

/** The way that an RTM_NEWROUTE tells. */
export function readRoute(answer: NetlinkMessage, destination: string): NextHop {
  const isLocal = bodyOf(answer, MESSAGE_BYTES).getUint8(ROUTE_TYPE) === linux.RTN_LOCAL;
  const attributes = attributesIn(answer.body, MESSAGE_BYTES);
  const index = attributes.get(linux.RTA_OIF);
  if (index === undefined) throw new SystemCallError('rtnetlink', constants.errno.ENETUNREACH);
  // A router of the other family comes as RTA_VIA: two bytes of family, then the address. RFC 5549.
  const router = attributes.get(linux.RTA_GATEWAY) ?? attributes.get(linux.RTA_VIA)?.subarray(2);
  const source = attributes.get(linux.RTA_PREFSRC);
  return {
    interfaceIndex: valueOf(index, 4).getInt32(0, true),
    address: router === undefined ? destination : textOf(router, 'router'),
    isLocal,
    source: source === undefined ? undefined : textOf(source, 'source'),
  };
}

function textOf(address: Uint8Array, what: string): string {
  if (address.length !== 4 && address.length !== 16)
    throw notUnderstood(`rtnetlink: a ${what} whose address has ${address.length} bytes`);
  return addressText(address);
}

/** The link address that an RTM_NEWNEIGH tells, where it is known by now. */
export function readNeighbour(answer: NetlinkMessage): Uint8Array | undefined {
  const state = bodyOf(answer, MESSAGE_BYTES).getUint16(NEIGHBOUR_STATE, true);
  if ((state & (linux.NUD_INCOMPLETE | linux.NUD_FAILED)) !== 0) return undefined;
  return attributesIn(answer.body, MESSAGE_BYTES).get(linux.NDA_LLADDR)?.slice();
}
