/** Link headers and ARP, explained. IEEE 802.3; LINKTYPE_LINUX_SLL; RFC 826. */
import type { Text } from '../../error.js';
import { EtherType, formatMac, type Arp, type LinkHeader } from '../../wire/index.js';
import { ARP, ETHERNET, SLL, SLL2 } from '../../wire/layout.js';
import { type Field, fieldAt, fieldsOf } from './field.js';
import { etherTypeName } from './names.js';
import { hexNumber, same, text } from './text.js';

type Header = Exclude<LinkHeader, { readonly kind: 'raw' }>;

export const linkTitle = (header: Header): Text => {
  switch (header.kind) {
    case 'ethernet':
      return text('Ethernet header', '以太网首部');
    case 'sll':
      return text('Linux cooked header', 'Linux cooked 首部');
    case 'sll2':
      return text('Linux cooked header, version 2', 'Linux cooked 首部第 2 版');
    case 'null':
      return text('Loopback header', '环回首部');
  }
};

export const linkSource = (header: Header): string => {
  switch (header.kind) {
    case 'ethernet':
      return 'IEEE 802.3 §3';
    case 'sll':
      return 'LINKTYPE_LINUX_SLL';
    case 'sll2':
      return 'LINKTYPE_LINUX_SLL2';
    case 'null':
      return 'LINKTYPE_NULL';
  }
};

const macMeaning = (mac: string): Text | undefined => {
  if (mac === 'ff:ff:ff:ff:ff:ff') return text('broadcast: for all on the link', '广播：链路上的所有主机');
  if (mac === '00:00:00:00:00:00') return undefined;
  const first = Number.parseInt(mac, 16);
  if (first & 1) return text('multicast: for a group', '组播：发给一个组');
  return first & 2 ? text('locally administered', '本地管理的地址') : undefined;
};

const mostLength = 0x5ff;

const ETHER_TYPE = same('EtherType');

const etherTypeMeaning = (etherType: number): Text | undefined => {
  if (etherType <= mostLength)
    return text('a length: an 802.3 frame, not Ethernet II', '是长度：802.3 帧，而非 Ethernet II');
  const known = etherTypeName(etherType);
  return known === undefined ? undefined : text(`${known} follows`, `其后是 ${known}`);
};

const packetTypes: readonly Text[] = [
  text('sent to this host', '发给本机'),
  text('broadcast', '广播'),
  text('multicast', '组播'),
  text('between other hosts', '其他主机之间'),
  text('sent by this host', '由本机发出'),
];

const HARDWARE_TYPE = text('hardware type', '硬件类型');
const PACKET_TYPE = text('packet type', '包类型');
const ADDRESS_LENGTH = text('address length', '地址长度');
const SENDER = text('sender', '发送者');

const hardwareMeaning = (type: number): Text | undefined =>
  type === 1 ? same('Ethernet') : type === 772 ? same('loopback') : undefined;

const senderIn = ({ address, addressLength }: Extract<Header, { readonly kind: 'sll' | 'sll2' }>): string =>
  formatMac(address.subarray(0, Math.min(8, addressLength)));

export const linkFields = (header: Header): Field[] => {
  switch (header.kind) {
    case 'ethernet': {
      const { dst, src, tags, etherType } = header;
      const field = fieldsOf(ETHERNET, 0);
      const tagFields = tags.map(({ tpid = EtherType.VLAN, tci }, i) => {
        const [vlan, priority, kind] = [tci & 0xfff, tci >>> 13, hexNumber(tpid, 4)];
        const meaning = text(
          `VLAN ${vlan}, priority ${priority} (${kind})`,
          `VLAN ${vlan}，优先级 ${priority}（${kind}）`,
        );
        return fieldAt(ETHERNET.etherType + 4 * i, 4, text('VLAN tag', 'VLAN 标签'), hexNumber(tci, 4), meaning);
      });
      return [
        field('dst', text('destination', '目的地址'), dst, macMeaning(dst)),
        field('src', text('source', '源地址'), src, macMeaning(src)),
        ...tagFields,
        fieldsOf(ETHERNET, 4 * tags.length)(
          'etherType',
          ETHER_TYPE,
          hexNumber(etherType, 4),
          etherTypeMeaning(etherType),
        ),
      ];
    }
    case 'sll': {
      const field = fieldsOf(SLL, 0);
      return [
        field('packetType', PACKET_TYPE, header.packetType, packetTypes[header.packetType]),
        field('hardwareType', HARDWARE_TYPE, header.hardwareType, hardwareMeaning(header.hardwareType)),
        field('addressLength', ADDRESS_LENGTH, header.addressLength),
        field('address', SENDER, senderIn(header)),
        field('etherType', ETHER_TYPE, hexNumber(header.etherType, 4), etherTypeMeaning(header.etherType)),
      ];
    }
    case 'sll2': {
      const field = fieldsOf(SLL2, 0);
      return [
        field('etherType', ETHER_TYPE, hexNumber(header.etherType, 4), etherTypeMeaning(header.etherType)),
        field('reserved', text('reserved', '保留'), header.reserved),
        field('interfaceIndex', text('interface index', '接口索引'), header.interfaceIndex),
        field('hardwareType', HARDWARE_TYPE, header.hardwareType, hardwareMeaning(header.hardwareType)),
        field('packetType', PACKET_TYPE, header.packetType, packetTypes[header.packetType]),
        field('addressLength', ADDRESS_LENGTH, header.addressLength),
        field('address', SENDER, senderIn(header)),
      ];
    }
    case 'null': {
      const order = header.bigEndian ? text('big-endian', '大端序') : text('little-endian', '小端序');
      return [fieldAt(0, 4, text('address family', '地址族'), header.family, order)];
    }
  }
};

const operations = {
  request: text('a request: who has the target address?', '请求：谁有目标地址？'),
  reply: text('a reply: the sender has it', '应答：发送者有该地址'),
} as const;

export const arpFields = (arp: Arp, offset: number): Field[] => {
  const { operation, protocolType, senderMac, targetMac } = arp;
  const field = fieldsOf(ARP, offset);
  const number = operation === 'request' ? 1 : operation === 'reply' ? 2 : operation;
  const meaning = typeof operation === 'number' ? undefined : operations[operation];
  const carried = same(etherTypeName(protocolType) ?? '');
  return [
    field('hardwareType', HARDWARE_TYPE, arp.hardwareType, same('Ethernet')),
    field('protocolType', text('protocol type', '协议类型'), hexNumber(protocolType, 4), carried),
    field('lengths', text('address lengths', '地址长度'), '6, 4'),
    field('operation', text('operation', '操作'), number, meaning),
    field('senderMac', text('sender, hardware', '发送者硬件地址'), senderMac, macMeaning(senderMac)),
    field('senderIp', text('sender, IPv4', '发送者 IPv4 地址'), arp.senderIp),
    field('targetMac', text('target, hardware', '目标硬件地址'), targetMac, macMeaning(targetMac)),
    field('targetIp', text('target, IPv4', '目标 IPv4 地址'), arp.targetIp),
  ];
};
