/** Requests to sock_diag for TCP, and its numbers for their states. <linux/inet_diag.h>, <net/tcp_states.h>. */
import { notUnderstood } from '../../error.js';
import type { TcpState } from '../../tcp/types.js';
import type { Flow } from '../../wire/flow.js';
import * as linux from '../libc/constants.js';
import { HEADER_BYTES } from './messages.js';
import { addressBytes } from '../libc/sockaddr.js';

/** From 1; NEW_SYN_RECV is the kernel's name for a request socket, reported as SYN_RECV. */
const STATES: readonly TcpState[] = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
];

/** @throws {RawshakeError} RS_NOT_UNDERSTOOD where the kernel has a state that is not known */
export function stateName(number: number): TcpState {
  const state = STATES[number - 1];
  if (state === undefined) throw notUnderstood(`sock_diag: unknown TCP state ${number}`);
  return state;
}

/** struct inet_diag_msg, without the attributes behind it. */
export const DIAG_MESSAGE_BYTES = 72;
export const DIAG_REQUEST_BYTES = HEADER_BYTES + 56; // struct inet_diag_req_v2
const NO_COOKIE = 0xffffffff;

export interface DiagRequest {
  /** AF_INET or AF_INET6. */
  readonly domain: number;
  /** Of the netlink message. */
  readonly flags: number;
  /** A bit for each state. */
  readonly states: number;
  /** Whose socket; left out in a dump. */
  readonly flow?: Flow;
  /** By which the packet came: sockets that are bound to it are found, too. Default: only those that are bound to none. */
  readonly interfaceIndex?: number;
}

export function diagRequest({ domain, flags, states, flow, interfaceIndex = 0 }: DiagRequest): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(DIAG_REQUEST_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, DIAG_REQUEST_BYTES, true);
  view.setUint16(4, linux.SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, flags, true);
  view.setUint8(16, domain);
  view.setUint8(17, linux.IPPROTO_TCP);
  view.setUint32(20, states, true);
  if (flow !== undefined) {
    view.setUint16(24, flow.srcPort);
    view.setUint16(26, flow.dstPort);
    bytes.set(addressBytes(flow.src), 28);
    bytes.set(addressBytes(flow.dst), 44);
    view.setUint32(60, interfaceIndex, true);
  }
  view.setUint32(64, NO_COOKIE, true);
  view.setUint32(68, NO_COOKIE, true);
  return bytes;
}
