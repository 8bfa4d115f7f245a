/** Which segments are the turns of a connection: those that open, end or reset it. RFC 9293 §3.1. */
import { TcpFlag } from '../../wire/index.js';
import { anyOf, addressComparisons, behindIpv4, byte, type Comparison, half, isIp, TCP_FLAGS } from './bpf.js';
import { AND, LD_B_IND, LD_H_ABS, LD_H_IND, SKF_NET_OFF } from './bpf-code.js';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP } from './constants.js';
import { familyOf } from './sockaddr.js';
import type { BpfInstruction } from './socket.js';

export interface Turns {
  /** Also what closes in order, FIN. */
  readonly fins: boolean;
  /** At either end; left out: any. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
}

const FRAGMENT_OFFSET = 0x1fff;
const DESTINATION_UNREACHABLE = { 4: 3, 6: 1 } as const;

/**
 * Passes them on an AF_PACKET socket, whatever the link puts before the IP header, and beside them what ICMP says of
 * destinations that cannot be reached. IPv6 with extension headers is not looked into.
 */
export function turnsFilter({ fins, port, host }: Turns): BpfInstruction[] {
  const families = host === undefined ? ([4, 6] as const) : [familyOf(host)];
  return anyOf(
    ...families.flatMap((family) => {
      const turn = [...tcpOf(family), turnFlags(family, fins)];
      const hosts = host === undefined ? [[]] : addressesAt(family).map((at) => addressComparisons(host, at));
      const ports = port === undefined ? [[]] : [0, 2].map((at) => [portAt(family, at, port)]);
      return [
        ...hosts.flatMap((ofHost) => ports.map((ofPort) => [...turn, ...ofHost, ...ofPort])),
        unreachable(family),
      ];
    }),
  );
}

const protocolAt = (family: 4 | 6): number => SKF_NET_OFF + (family === 4 ? 9 : 6);

const isFirstFragment: Comparison = {
  load: [
    [LD_H_ABS, 0, 0, SKF_NET_OFF + 6],
    [AND, 0, 0, FRAGMENT_OFFSET],
  ],
  oneOf: [0],
};

const tcpOf = (family: 4 | 6): readonly Comparison[] => [
  isIp(family),
  byte(protocolAt(family), IPPROTO_TCP),
  ...(family === 4 ? [isFirstFragment] : []),
];

const addressesAt = (family: 4 | 6): readonly number[] =>
  (family === 4 ? [12, 16] : [8, 24]).map((at) => SKF_NET_OFF + at);

const portAt = (family: 4 | 6, at: number, port: number): Comparison =>
  family === 4 ? behindIpv4(LD_H_IND, SKF_NET_OFF, at, port) : half(SKF_NET_OFF + 40 + at, port);

function turnFlags(family: 4 | 6, fins: boolean): Comparison {
  const mask = TcpFlag.SYN | TcpFlag.RST | (fins ? TcpFlag.FIN : 0);
  const flags = family === 4 ? behindIpv4(LD_B_IND, SKF_NET_OFF, TCP_FLAGS) : byte(SKF_NET_OFF + 40 + TCP_FLAGS);
  const set = Array.from({ length: mask }, (_, i) => i + 1).filter((value) => (value & ~mask) === 0);
  return { load: [...flags.load, [AND, 0, 0, mask]], oneOf: set };
}

const unreachable = (family: 4 | 6): readonly Comparison[] => [
  isIp(family),
  byte(protocolAt(family), family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6),
  family === 4
    ? behindIpv4(LD_B_IND, SKF_NET_OFF, 0, DESTINATION_UNREACHABLE[4])
    : byte(SKF_NET_OFF + 40, DESTINATION_UNREACHABLE[6]),
];
