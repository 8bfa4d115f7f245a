/** What sock_diag is asked and tells of TCP sockets, and its numbers for their states. <linux/inet_diag.h>, <net/tcp_states.h>. */
import { notUnderstood } from '../../error.js';
import type { TcpState } from '../../tcp/types.js';
import type { Flow } from '../../wire/flow.js';
import * as linux from '../libc/constants.js';
import { addressBytes, domainOf, familyOf } from '../libc/sockaddr.js';
import { viewOf } from './bytes.js';
import type { Request } from './messages.js';
import { address, be16, Structure, u32, u8 } from './structure.js';

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
const BOUND_INACTIVE = 13;

/** A bit for each: 1 to 12, and 13 where the kernel knows it. */
const EVERY_STATE = (1 << (BOUND_INACTIVE + 1)) - 2;

/** @throws {RawshakeError} RS_NOT_UNDERSTOOD where the kernel has a state that is not known */
export function stateName(number: number): TcpState {
  const state = STATES[number - 1];
  if (state === undefined)
    throw notUnderstood('sock_diag', { en: `unknown TCP state ${number}`, zh: `未知的 TCP 状态 ${number}` });
  return state;
}

/** struct inet_diag_sockid, `at` that byte. */
const socketId = (at: number) => ({
  ...{ srcPort: be16(at), dstPort: be16(at + 2), src: address(at + 4), dst: address(at + 20) },
  ...{ interfaceIndex: u32(at + 36), cookieLow: u32(at + 40), cookieHigh: u32(at + 44) },
});

const INET_DIAG_REQ_V2 = new Structure(56, { family: u8(0), protocol: u8(1), states: u32(4), ...socketId(8) });

/** Attributes follow. */
export const INET_DIAG_MSG = new Structure(72, {
  ...{ state: u8(1), timer: u8(2), ...socketId(4) },
  ...{ expiresMs: u32(52), receiveQueue: u32(56), sendQueue: u32(60), inode: u32(68) },
});

/** INET_DIAG_NOCOOKIE */
const NO_COOKIE = 0xffffffff;

/**
 * Of `flow`, where it is no dump; in a dump of all that have its ports, 0 standing for any.
 * @param interfaceIndex by which the packet came: sockets that are bound to it are found, too. 0: only those that are bound to none
 */
export function diagRequest(flow: Flow, interfaceIndex = 0): Request {
  const fixed = { protocol: linux.IPPROTO_TCP, states: EVERY_STATE, cookieLow: NO_COOKIE, cookieHigh: NO_COOKIE };
  const body = INET_DIAG_REQ_V2.write(fixed);
  askInstead(viewOf(body), flow, interfaceIndex);
  return { type: linux.SOCK_DIAG_BY_FAMILY, body };
}

/** Has the body of such a request ask of another flow: ten times as fast as a request of its own. */
export function askInstead(body: DataView, { src, srcPort, dst, dstPort }: Flow, interfaceIndex: number): void {
  const addresses = { src: addressBytes(src), dst: addressBytes(dst) };
  INET_DIAG_REQ_V2.set(body, { family: domainOf(familyOf(src)), ...addresses, srcPort, dstPort, interfaceIndex });
}

/** For a dump: of all sockets of the family that have this port; 0: of all that there are. */
export const diagDump = (family: 4 | 6, port = 0): Request =>
  diagRequest({ src: ANY[family], srcPort: port, dst: ANY[family], dstPort: 0 });

/** No address: that of any. */
export const ANY = { 4: '0.0.0.0', 6: '::' } as const;
