/** Asks the kernel which way a packet would go, as it would for one of its own: next hop and its link address. rtnetlink(7). */
import { constants } from 'node:os';
import * as linux from './constants.js';
import { libc, SystemCallError } from './libc.js';
import { addressText } from './raw-flow.js';
import { addressBytes, domainOf, familyOf } from './sockaddr.js';

export interface NextHop {
  readonly interfaceIndex: number;
  /** The router to hand it to, or the destination itself where that is on the link. */
  readonly address: string;
}

/** A question line to one network namespace. Works without privileges. */
export interface RouteTable {
  /** @throws {SystemCallError} ENETUNREACH, EHOSTUNREACH or EACCES where no route leads there */
  nextHop(destination: string, source?: string): NextHop;
  /** The neighbour's link address, where the kernel knows it. */
  neighbour(address: string, interfaceIndex: number): Uint8Array | undefined;
  /** Idempotent. */
  close(): void;
}

const HEADER_BYTES = 16; // struct nlmsghdr
const MESSAGE_BYTES = 12; // struct rtmsg, struct ndmsg
const ATTRIBUTES = HEADER_BYTES + MESSAGE_BYTES;

interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Opens the question line in the network namespace that the thread is in. */
export function openRouteTable(): RouteTable {
  const { AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC, NETLINK_ROUTE } = linux;
  const fd = libc('socket', AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  const buffer = new Uint8Array(new ArrayBuffer(4096));
  /** The answer, or its errno. */
  const ask = (request: Uint8Array): Uint8Array | number => {
    libc('send', fd, request, request.length, 0);
    const answer = buffer.subarray(0, libc('recv', fd, buffer, buffer.length, 0));
    const view = viewOf(answer);
    return view.getUint16(4, true) === linux.NLMSG_ERROR ? -view.getInt32(HEADER_BYTES, true) : answer;
  };
  let open = true;
  return {
    nextHop(destination, source) {
      const answer = ask(routeRequest(destination, source));
      if (typeof answer === 'number') throw new SystemCallError('rtnetlink', answer);
      return readRoute(answer, destination);
    },
    neighbour(address, interfaceIndex) {
      const answer = ask(neighbourRequest(address, interfaceIndex));
      // ENOENT, or EOPNOTSUPP of kernels before 5.0, which do not answer about one neighbour alone.
      return typeof answer === 'number' ? undefined : readNeighbour(answer);
    },
    close() {
      if (!open) return;
      open = false;
      libc('close', fd);
    },
  };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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

const aligned = (length: number): number => (length + 3) & ~3;

/** struct rtmsg: family, prefix lengths of destination and source, and more that a question leaves at 0. */
function routeRequest(destination: string, source: string | undefined): Uint8Array {
  const dst = addressBytes(destination);
  const src = source === undefined ? new Uint8Array(0) : addressBytes(source);
  const attributes = [
    { type: linux.RTA_DST, value: dst },
    ...(src.length === 0 ? [] : [{ type: linux.RTA_SRC, value: src }]),
  ];
  return request(linux.RTM_GETROUTE, attributes, (message) => {
    message.setUint8(0, domainOf(familyOf(destination)));
    message.setUint8(1, dst.length * 8);
    message.setUint8(2, src.length * 8);
  });
}

/** struct ndmsg: family, interface index, state, flags. */
function neighbourRequest(address: string, interfaceIndex: number): Uint8Array {
  const attributes = [{ type: linux.NDA_DST, value: addressBytes(address) }];
  return request(linux.RTM_GETNEIGH, attributes, (message) => {
    message.setUint8(0, domainOf(familyOf(address)));
    message.setInt32(4, interfaceIndex, true);
  });
}

function attributesOf(answer: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = viewOf(answer);
  const end = Math.min(view.getUint32(0, true), answer.length);
  const found = new Map<number, Uint8Array>();
  for (let at = ATTRIBUTES; at + 4 <= end;) {
    const length = Math.max(4, view.getUint16(at, true));
    found.set(view.getUint16(at + 2, true), answer.slice(at + 4, at + length));
    at += aligned(length);
  }
  return found;
}

function readRoute(answer: Uint8Array, destination: string): NextHop {
  const attributes = attributesOf(answer);
  const index = attributes.get(linux.RTA_OIF);
  if (index === undefined) throw new SystemCallError('rtnetlink', constants.errno.ENETUNREACH);
  // A router of the other family comes as RTA_VIA: two bytes of family, then the address. RFC 5549.
  const router = attributes.get(linux.RTA_GATEWAY) ?? attributes.get(linux.RTA_VIA)?.subarray(2);
  return {
    interfaceIndex: viewOf(index).getInt32(0, true),
    address: router === undefined ? destination : addressText(router),
  };
}

function readNeighbour(answer: Uint8Array): Uint8Array | undefined {
  const state = viewOf(answer).getUint16(HEADER_BYTES + 8, true);
  if ((state & (linux.NUD_INCOMPLETE | linux.NUD_FAILED)) !== 0) return undefined;
  return attributesOf(answer).get(linux.NDA_LLADDR);
}
