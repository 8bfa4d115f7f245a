/** Names for numbers: protocols, ports, EtherTypes, kinds of addresses. */
import type { Text } from '../../error.js';
import { parseAddress } from '../../wire/index.js';
import { same, text } from './text.js';

/** "Assigned Internet Protocol Numbers", IANA: those that one meets. */
const protocols: ReadonlyMap<number, string> = new Map([
  [0, 'IPv6 hop-by-hop options'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IPv4'],
  [6, 'TCP'],
  [17, 'UDP'],
  [41, 'IPv6'],
  [43, 'IPv6 routing header'],
  [44, 'IPv6 fragment header'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPv6'],
  [59, 'no next header'],
  [60, 'IPv6 destination options'],
  [89, 'OSPF'],
  [132, 'SCTP'],
]);

export const protocolName = (protocol: number): string => protocols.get(protocol) ?? `protocol ${protocol}`;

const etherTypes: ReadonlyMap<number, string> = new Map([
  [0x0800, 'IPv4'],
  [0x0806, 'ARP'],
  [0x8100, 'VLAN'],
  [0x86dd, 'IPv6'],
  [0x8847, 'MPLS'],
  [0x8863, 'PPPoE'],
  [0x8864, 'PPPoE'],
  [0x88a8, 'service VLAN'],
  [0x88cc, 'LLDP'],
]);

export const etherTypeName = (etherType: number): string | undefined => etherTypes.get(etherType);

/** "Service Name and Transport Protocol Port Number Registry", IANA: those that one meets. */
const services: ReadonlyMap<number, string> = new Map([
  [7, 'echo'],
  [21, 'FTP'],
  [22, 'SSH'],
  [23, 'Telnet'],
  [25, 'SMTP'],
  [53, 'DNS'],
  [80, 'HTTP'],
  [110, 'POP3'],
  [143, 'IMAP'],
  [179, 'BGP'],
  [443, 'HTTPS'],
  [445, 'SMB'],
  [3306, 'MySQL'],
  [3389, 'RDP'],
  [5432, 'PostgreSQL'],
  [6379, 'Redis'],
  [8080, 'HTTP'],
]);

/** What a port number says about who listens or why it was chosen. RFC 6335 §6. */
export const portMeaning = (port: number): Text | undefined => {
  const service = services.get(port);
  if (service !== undefined) return text(`${service} by convention`, `惯例上是 ${service}`);
  if (port === 0) return text('reserved: no socket has it', '保留端口，没有套接字使用');
  // Linux picks from 32768 to 60999, other systems from 49152 on.
  if (port >= 32_768) return text('ephemeral: picked for this connection', '临时端口：为这条连接挑选');
  return undefined;
};

const ipv4Kinds: readonly (readonly [prefix: readonly number[], bits: number, kind: Text])[] = [
  [[10], 8, text('private (RFC 1918)', '私有地址（RFC 1918）')],
  [[172, 16], 12, text('private (RFC 1918)', '私有地址（RFC 1918）')],
  [[192, 168], 16, text('private (RFC 1918)', '私有地址（RFC 1918）')],
  [[127], 8, text('loopback: this host itself', '环回地址：本机自己')],
  [[169, 254], 16, text('link-local', '链路本地地址')],
  [[192, 0, 2], 24, text('for documentation (RFC 5737)', '文档专用（RFC 5737）')],
  [[198, 51, 100], 24, text('for documentation (RFC 5737)', '文档专用（RFC 5737）')],
  [[203, 0, 113], 24, text('for documentation (RFC 5737)', '文档专用（RFC 5737）')],
  [[224], 4, text('multicast', '组播地址')],
  [[255, 255, 255, 255], 32, text('broadcast', '广播地址')],
  [[0, 0, 0, 0], 32, text('no address yet', '尚无地址')],
];

const ipv6Kinds: typeof ipv4Kinds = [
  [[0x20, 0x01, 0x0d, 0xb8], 32, text('for documentation (RFC 3849)', '文档专用（RFC 3849）')],
  [[0xfe, 0x80], 10, text('link-local', '链路本地地址')],
  [[0xfc], 7, text('unique local (RFC 4193)', '唯一本地地址（RFC 4193）')],
  [[0xff], 8, text('multicast', '组播地址')],
  [[...Array<number>(15).fill(0), 1], 128, text('loopback: this host itself', '环回地址：本机自己')],
  [Array<number>(16).fill(0), 128, text('no address yet', '尚无地址')],
];

const hasPrefix = (address: Uint8Array, prefix: readonly number[], bits: number): boolean =>
  prefix.every((byte, i) => {
    const mask = 0xff & (0xff << Math.max(0, 8 - (bits - 8 * i)));
    return ((address[i] ?? 0) & mask) === (byte & mask);
  });

/** What kind of address it is, where it is not simply one of the Internet's. RFC 6890. */
export const addressMeaning = (address: string): Text | undefined => {
  const bytes = parseAddress(address);
  if (bytes === undefined) return undefined;
  const kinds = bytes.length === 4 ? ipv4Kinds : ipv6Kinds;
  return kinds.find(([prefix, bits]) => hasPrefix(bytes, prefix, bits))?.[2];
};

/** Differentiated services by their name. RFC 2474, RFC 2597, RFC 3246. */
export const dscpMeaning = (dscp: number): Text => {
  const [group, drop] = [dscp >>> 3, (dscp >>> 1) & 3];
  if (dscp === 0) return text('best effort: no special treatment', '尽力而为：没有特殊待遇');
  if (dscp === 46) return text('EF: expedited', 'EF：加速转发');
  if (dscp % 8 === 0) return text(`CS${group}: class ${group}`, `CS${group}：类别 ${group}`);
  if (dscp % 2 === 0 && group <= 4 && group > 0 && drop > 0) return same(`AF${group}${drop}`);
  return text('no standard meaning', '没有标准含义');
};

const ecnMeanings: readonly Text[] = [
  text('Not-ECT: routers must drop it when congested, not mark it', 'Not-ECT：拥塞时路由器只能丢弃，不能打标记'),
  text('ECT(1): routers may mark it instead of dropping it', 'ECT(1)：路由器可打标记代替丢弃'),
  text('ECT(0): routers may mark it instead of dropping it', 'ECT(0)：路由器可打标记代替丢弃'),
  text('CE: a router on the way was congested', 'CE：途中有路由器发生拥塞'),
];

/** RFC 3168 §5. */
export const ecnMeaning = (ecn: number): Text | undefined => ecnMeanings[ecn];
