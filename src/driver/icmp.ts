/** What ICMP says of a packet that was sent: who says it, what, and of which packet. RFC 792, RFC 4443. */
import type { Text } from '../error.js';
import { isInFlight, type Tcb } from '../tcp/index.js';
import { type Flow, isSameFlow } from '../wire/flow.js';
import type { Packet } from '../wire/index.js';
import { unreachableWords } from '../wire/unreachable-words.js';

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

/** Whether it says that the packet was too large for the path. */
export const isTooBig = ({ kind, code, quoted }: IcmpError): boolean =>
  kind === 'packetTooBig' || (kind === 'unreachable' && quoted.ip.version === 4 && code === FRAGMENTATION_NEEDED);

/** `flow` is seen from this side. */
export function judgeIcmp(error: IcmpError, flow: Flow, tcb: Tcb): IcmpVerdict {
  const about = quotedFlow(error);
  const { tcp, tcpStart } = error.quoted;
  const start = (tcp ?? tcpStart)?.seq;
  if (!isKnown(error)) return 'ignored';
  if (about === undefined || start === undefined || !isSameFlow(about, flow) || !isInFlight(tcb, start))
    return 'ignored';
  switch (error.kind) {
    case 'packetTooBig':
      return 'too-big';
    case 'unreachable':
      return isTooBig(error) ? 'too-big' : 'unreachable';
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

const text = (en: string, zh: string): Text => ({ en, zh });

/** Said by this host itself: of a neighbour that does not answer. arp_error_report(), ndisc_error_report(). */
const HOST_UNREACHABLE: Readonly<Record<4 | 6, number>> = { 4: 1, 6: 3 };

const NOBODY_ANSWERS: Readonly<Record<4 | 6, Text>> = {
  4: text('nobody on the link answered ARP, see ip neigh', '链路上无人应答 ARP，参见 ip neigh'),
  6: text(
    'nobody on the link answered the neighbour solicitation, see ip neigh',
    '链路上无人应答邻居请求，参见 ip neigh',
  ),
};

/** `host unreachable, says 192.0.2.1`. */
export function describeIcmp(error: IcmpError): Text {
  const { kind, code, from, quoted } = error;
  const { version, src } = quoted.ip;
  const { en, zh } = meaningOf(error);
  if (from !== src) return text(`${en}, says ${from}`, `${zh}，由 ${from} 报告`);
  if (kind === 'unreachable' && code === HOST_UNREACHABLE[version]) return NOBODY_ANSWERS[version];
  return text(`${en}, says this host itself`, `${zh}，由本机自己报告`);
}

function meaningOf(error: IcmpError): Text {
  const { kind, code, quoted, mtu = 0 } = error;
  const size = isTooBig(error) && mtu > 0 ? text(` (MTU ${mtu})`, `（MTU ${mtu}）`) : text('', '');
  switch (kind) {
    case 'unreachable': {
      const known = unreachableWords(quoted.ip.version, code);
      return text(known.en + size.en, known.zh + size.zh);
    }
    case 'timeExceeded':
      return code === 0
        ? text('time to live exceeded', '生存时间（TTL）耗尽')
        : text('time for putting its fragments together exceeded', '分片重组超时');
    case 'packetTooBig':
      return text(`packet too big${size.en}`, `数据包过大${size.zh}`);
    case 'parameterProblem':
      return text('parameter problem', '参数有误');
  }
}
