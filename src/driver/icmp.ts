/** What ICMP says of a packet that was sent: who says it, what, and of which packet. RFC 792, RFC 4443. */
import { isInFlight, type Tcb } from '../tcp/index.js';
import type { Flow } from '../wire/flow.js';
import type { Packet } from '../wire/index.js';
import { isSame } from './receive.js';

export interface IcmpError {
  /** Who says it: a router, or the host itself. */
  readonly from: string;
  readonly kind: 'unreachable' | 'timeExceeded' | 'packetTooBig' | 'parameterProblem';
  readonly code: number;
  /** The MTU of the next hop, where the packet was too large for it; 0 where the router did not tell. RFC 1191 §4. */
  readonly mtu?: number;
  /** The packet that it is about, as far as it is quoted. */
  readonly quoted: Packet;
}

/** The four-tuple of the packet that it is about, seen from who sent that; undefined where it quotes no TCP. */
export function quotedFlow({ quoted: { ip, tcp, tcpStart } }: IcmpError): Flow | undefined {
  const ports = tcp ?? tcpStart;
  return ports && { src: ip.src, srcPort: ports.srcPort, dst: ip.dst, dstPort: ports.dstPort };
}

/**
 * What an ICMP error means to a connection, as Linux takes it (tcp_v4_err, tcp_v6_err). Anyone can forge one, so it counts
 * only if it quotes a segment that may be on its way: RFC 5927 §4.1.
 *
 * `ignored`: it does not count. `too-big`: the segment was too large for the path, which never ends a connection, not even
 * one that is being opened. `unreachable`: the end of a handshake; an established connection goes on trying (RFC 5461 §4).
 */
export type IcmpVerdict = 'ignored' | 'too-big' | 'unreachable';

/** Whether there is such an error: of another code nobody knows what it says. icmp_unreach(). */
export const isKnown = ({ kind, code, quoted }: IcmpError): boolean =>
  kind !== 'unreachable' || quoted.ip.version !== 4 || code <= LAST_UNREACHABLE;

/** `flow` is seen from this side. */
export function judgeIcmp(error: IcmpError, flow: Flow, tcb: Tcb): IcmpVerdict {
  const about = quotedFlow(error);
  const { tcp, tcpStart, ip } = error.quoted;
  const start = (tcp ?? tcpStart)?.seq;
  if (!isKnown(error)) return 'ignored';
  if (about === undefined || start === undefined || !isSame(about, flow) || !isInFlight(tcb, start)) return 'ignored';
  switch (error.kind) {
    case 'packetTooBig':
      return 'too-big';
    case 'unreachable':
      return ip.version === 4 && error.code === FRAGMENTATION_NEEDED ? 'too-big' : 'unreachable';
    case 'timeExceeded':
    case 'parameterProblem':
      return 'unreachable';
  }
}

/** Codes of IPv4's "destination unreachable"; the last one is Linux's NR_ICMP_UNREACH. */
const FRAGMENTATION_NEEDED = 4;
const LAST_UNREACHABLE = 15;

type ErrnoName = 'ENETUNREACH' | 'EHOSTUNREACH' | 'ECONNREFUSED' | 'EACCES' | 'EMSGSIZE' | 'ENOPROTOOPT' | 'EPROTO';

/** As Linux converts them (icmp_err_convert, icmpv6_err_convert); what is not listed is EHOSTUNREACH. */
const UNREACHABLE: Readonly<Record<4 | 6, Readonly<Record<number, ErrnoName>>>> = {
  4: {
    0: 'ENETUNREACH',
    2: 'ENOPROTOOPT',
    3: 'ECONNREFUSED',
    4: 'EMSGSIZE',
    6: 'ENETUNREACH',
    9: 'ENETUNREACH',
    11: 'ENETUNREACH',
  },
  6: { 0: 'ENETUNREACH', 1: 'EACCES', 4: 'ECONNREFUSED', 5: 'EACCES', 6: 'EACCES' },
};

/** The errno that a kernel's socket would give its program. */
export function errnoOf({ kind, code, quoted }: IcmpError): ErrnoName {
  switch (kind) {
    case 'unreachable':
      return UNREACHABLE[quoted.ip.version][code] ?? 'EHOSTUNREACH';
    case 'timeExceeded':
      return 'EHOSTUNREACH';
    case 'packetTooBig':
      return 'EMSGSIZE';
    case 'parameterProblem':
      return 'EPROTO';
  }
}

const MEANINGS: Readonly<Record<4 | 6, readonly string[]>> = {
  4: [
    'network unreachable',
    'host unreachable',
    'protocol unreachable',
    'port unreachable',
    'fragmentation needed',
    'source route failed',
    'network unknown',
    'host unknown',
    'source host isolated',
    'network prohibited',
    'host prohibited',
    'network unreachable for this type of service',
    'host unreachable for this type of service',
    'prohibited by a filter',
  ],
  6: [
    'no route',
    'prohibited by a filter',
    'beyond the scope of the source address',
    'address unreachable',
    'port unreachable',
    'source address failed the policy',
    'route rejected',
  ],
};

/** `host unreachable, says 192.0.2.1`. */
export function describeIcmp({ kind, code, from, quoted }: IcmpError): string {
  return `${meaningOf(kind, code, quoted.ip.version)}, says ${from}`;
}

function meaningOf(kind: IcmpError['kind'], code: number, version: 4 | 6): string {
  switch (kind) {
    case 'unreachable':
      return MEANINGS[version][code] ?? `unreachable (code ${code})`;
    case 'timeExceeded':
      return 'time to live exceeded on the way';
    case 'packetTooBig':
      return 'packet too big';
    case 'parameterProblem':
      return 'parameter problem';
  }
}
