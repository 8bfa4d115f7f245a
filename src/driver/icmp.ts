/** What ICMP says of a packet that was sent: who says it, what, and of which packet. RFC 792, RFC 4443. */
import type { Packet } from '../wire/index.js';

export interface IcmpError {
  /** Who says it: a router, or the host itself. */
  readonly from: string;
  readonly kind: 'unreachable' | 'timeExceeded' | 'packetTooBig' | 'parameterProblem';
  readonly code: number;
  /** The packet that it is about, as far as it is quoted. */
  readonly quoted: Packet;
}

type ErrnoName = 'ENETUNREACH' | 'EHOSTUNREACH' | 'ECONNREFUSED' | 'EACCES' | 'EMSGSIZE' | 'ENOPROTOOPT';

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
export const errnoOf = ({ kind, code, quoted }: IcmpError): ErrnoName =>
  (kind === 'unreachable' ? UNREACHABLE[quoted.ip.version][code] : undefined) ?? 'EHOSTUNREACH';

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
