/** Link headers and ARP, explained. IEEE 802.3; LINKTYPE_LINUX_SLL; RFC 826. */
import type { Text } from '../../error.js';
import { EtherType, formatMac, type Arp, type LinkHeader } from '../../wire/index.js';
import type { Field } from './field.js';
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

const macField = (name: Text, offset: number, mac: string): Field => ({
  name,
  offset,
  size: 6,
  value: mac,
  meaning: macMeaning(mac),
});

const mostLength = 0x5ff;

const etherTypeField = (offset: number, etherType: number): Field => {
  const known = etherTypeName(etherType);
  const meaning =
    etherType <= mostLength
      ? text('a length: an 802.3 frame, not Ethernet II', '是长度：802.3 帧，而非 Ethernet II')
      : known === undefined
        ? undefined
        : text(`${known} follows`, `其后是 ${known}`);
  return { name: same('EtherType'), offset, size: 2, value: hexNumber(etherType, 4), meaning };
};

const packetTypes: readonly Text[] = [
  text('sent to this host', '发给本机'),
  text('broadcast', '广播'),
  text('multicast', '组播'),
  text('between other hosts', '其他主机之间'),
  text('sent by this host', '由本机发出'),
];

const cookedFields = (
  header: Extract<Header, { readonly kind: 'sll' | 'sll2' }>,
  at: { readonly type: Field['offset']; readonly hardware: number; readonly length: number; readonly address: number },
  size: { readonly type: number; readonly length: number },
): Field[] => [
  {
    name: text('hardware type', '硬件类型'),
    offset: at.hardware,
    size: 2,
    value: String(header.hardwareType),
    meaning: header.hardwareType === 1 ? same('Ethernet') : header.hardwareType === 772 ? same('loopback') : undefined,
  },
  {
    name: text('packet type', '包类型'),
    offset: at.type,
    size: size.type,
    value: String(header.packetType),
    meaning: packetTypes[header.packetType],
  },
  {
    name: text('address length', '地址长度'),
    offset: at.length,
    size: size.length,
    value: String(header.addressLength),
  },
  {
    name: text('sender', '发送者'),
    offset: at.address,
    size: 8,
    value: formatMac(header.address.subarray(0, Math.min(8, header.addressLength))),
  },
];

export const linkFields = (header: Header): Field[] => {
  switch (header.kind) {
    case 'ethernet':
      return [
        macField(text('destination', '目的地址'), 0, header.dst),
        macField(text('source', '源地址'), 6, header.src),
        ...header.tags.map(({ tpid = EtherType.VLAN, tci }, i) => ({
          name: text('VLAN tag', 'VLAN 标签'),
          offset: 12 + 4 * i,
          size: 4,
          value: hexNumber(tci, 4),
          meaning: text(
            `VLAN ${tci & 0xfff}, priority ${tci >>> 13} (${hexNumber(tpid, 4)})`,
            `VLAN ${tci & 0xfff}，优先级 ${tci >>> 13}（${hexNumber(tpid, 4)}）`,
          ),
        })),
        etherTypeField(12 + 4 * header.tags.length, header.etherType),
      ];
    case 'sll':
      return [
        ...cookedFields(header, { type: 0, hardware: 2, length: 4, address: 6 }, { type: 2, length: 2 }).sort(
          (a, b) => a.offset - b.offset,
        ),
        etherTypeField(14, header.etherType),
      ];
    case 'sll2':
      return [
        etherTypeField(0, header.etherType),
        { name: text('reserved', '保留'), offset: 2, size: 2, value: String(header.reserved) },
        { name: text('interface index', '接口索引'), offset: 4, size: 4, value: String(header.interfaceIndex) },
        ...cookedFields(header, { type: 10, hardware: 8, length: 11, address: 12 }, { type: 1, length: 1 }),
      ];
    case 'null':
      return [
        {
          name: text('address family', '地址族'),
          offset: 0,
          size: 4,
          value: String(header.family),
          meaning: header.bigEndian ? text('big-endian', '大端序') : text('little-endian', '小端序'),
        },
      ];
  }
};

const operations = {
  request: text('a request: who has the target address?', '请求：谁有目标地址？'),
  reply: text('a reply: the sender has it', '应答：发送者有该地址'),
} as const;

export const arpFields = (arp: Arp, offset: number): Field[] => {
  const { operation } = arp;
  return [
    {
      name: text('hardware type', '硬件类型'),
      offset,
      size: 2,
      value: String(arp.hardwareType),
      meaning: same('Ethernet'),
    },
    {
      name: text('protocol type', '协议类型'),
      offset: offset + 2,
      size: 2,
      value: hexNumber(arp.protocolType, 4),
      meaning: same(etherTypeName(arp.protocolType) ?? ''),
    },
    { name: text('address lengths', '地址长度'), offset: offset + 4, size: 2, value: '6, 4' },
    {
      name: text('operation', '操作'),
      offset: offset + 6,
      size: 2,
      value: String(operation === 'request' ? 1 : operation === 'reply' ? 2 : operation),
      meaning: typeof operation === 'number' ? undefined : operations[operation],
    },
    macField(text('sender, hardware', '发送者硬件地址'), offset + 8, arp.senderMac),
    { name: text('sender, IPv4', '发送者 IPv4 地址'), offset: offset + 14, size: 4, value: arp.senderIp },
    macField(text('target, hardware', '目标硬件地址'), offset + 18, arp.targetMac),
    { name: text('target, IPv4', '目标 IPv4 地址'), offset: offset + 24, size: 4, value: arp.targetIp },
  ];
};
