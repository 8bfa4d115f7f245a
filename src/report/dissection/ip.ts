/** IPv4 and IPv6 headers, explained. RFC 791 §3.1; RFC 8200 §3 and §4. */
import type { Text } from '../../error.js';
import { toHex, type Ipv4Header, type Ipv4Option, type Ipv6Extension, type Ipv6Header } from '../../wire/index.js';
import { ipv4OptionsLength } from '../../wire/ipv4-options.js';
import { extensionProtocol } from '../../wire/ipv6-extensions.js';
import { headerVerdict } from './checksum.js';
import type { Detail, Field } from './field.js';
import { addressMeaning, dscpMeaning, ecnMeaning, protocolName } from './names.js';
import { count, hexNumber, same, text } from './text.js';

const trafficFields = (byte: number, place: Pick<Field, 'offset' | 'size'>): Field[] => [
  { ...place, name: same('DSCP'), value: String(byte >>> 2), meaning: dscpMeaning(byte >>> 2) },
  { ...place, name: same('ECN'), value: (byte & 3).toString(2).padStart(2, '0'), meaning: ecnMeaning(byte & 3) },
];

const addressFields = (ip: Ipv4Header | Ipv6Header, offset: number, size: number): Field[] => [
  { name: text('source', '源地址'), offset, size, value: ip.src, meaning: addressMeaning(ip.src) },
  {
    name: text('destination', '目的地址'),
    offset: offset + size,
    size,
    value: ip.dst,
    meaning: addressMeaning(ip.dst),
  },
];

const hopsMeaning = (hops: number): Text =>
  hops === 0
    ? text('used up: it should not be under way any more', '已用尽：不应再转发')
    : text(
        'routers that it may pass: each takes one off, and drops it at 0',
        '最多经过的路由器数：每个减一，减到 0 则丢弃',
      );

const flagDetails = ({ reservedFlag, dontFragment, moreFragments }: Ipv4Header): Detail[] => [
  {
    name: text('reserved', '保留'),
    value: reservedFlag ? '1' : '0',
    meaning: reservedFlag
      ? text('should be 0 (the "evil bit" of RFC 3514)', '应为 0（RFC 3514 的“邪恶位”）')
      : text('always 0', '总是 0'),
    active: reservedFlag,
  },
  {
    name: same('DF'),
    value: dontFragment ? '1' : '0',
    meaning: dontFragment
      ? text(
          "don't fragment: a router that cannot pass it whole drops it and says so by ICMP",
          '不分片：路由器若无法整个转发，就丢弃并以 ICMP 告知',
        )
      : text('routers may cut it into fragments', '路由器可以将其分片'),
    active: dontFragment,
  },
  {
    name: same('MF'),
    value: moreFragments ? '1' : '0',
    meaning: moreFragments
      ? text('more fragments follow', '后面还有分片')
      : text('no more fragments follow', '后面没有分片'),
    active: moreFragments,
  },
];

const totalMeaning = (ip: Ipv4Header): Text => {
  const header = 4 * ip.ihl;
  if (ip.totalLength === 0)
    return text('left for the network card to fill in (segmentation offload)', '留给网卡填写（分段卸载）');
  return text(
    `bytes: ${header} of this header, ${ip.totalLength - header} of ${protocolName(ip.protocol)}`,
    `字节：本首部 ${header}，${protocolName(ip.protocol)} ${ip.totalLength - header}`,
  );
};

/** `bytes`: those of the header. */
export const ipv4Fields = (ip: Ipv4Header, bytes: Uint8Array, offset: number): Field[] => {
  const [first, service, fragment] = [
    { offset, size: 1 },
    { offset: offset + 1, size: 1 },
    { offset: offset + 6, size: 2 },
  ];
  const options = 4 * ip.ihl - 20;
  const bits = [ip.reservedFlag, ip.dontFragment, ip.moreFragments].map((bit) => (bit ? '1' : '0')).join('');
  const isFragment = ip.moreFragments || ip.fragmentOffset > 0;
  return [
    { ...first, name: text('version', '版本'), value: '4', meaning: same('IPv4') },
    {
      ...first,
      name: text('header length', '首部长度'),
      value: String(ip.ihl),
      meaning: text(
        `× 4 = ${4 * ip.ihl} bytes${options === 0 ? ', no options' : `: 20, and ${options} of options`}`,
        `× 4 = ${4 * ip.ihl} 字节${options === 0 ? '，没有选项' : `：20 字节加 ${options} 字节选项`}`,
      ),
    },
    ...trafficFields(ip.tos, service),
    {
      name: text('total length', '总长度'),
      offset: offset + 2,
      size: 2,
      value: String(ip.totalLength),
      meaning: totalMeaning(ip),
    },
    {
      name: text('identification', '标识'),
      offset: offset + 4,
      size: 2,
      value: hexNumber(ip.id, 4),
      meaning: isFragment
        ? text('the same in all fragments of one packet', '同一数据包的所有分片都相同')
        : text('would tie fragments together; this packet is whole', '用于把分片归在一起；这个数据包是完整的'),
    },
    { ...fragment, name: text('flags', '标志'), value: bits, details: flagDetails(ip) },
    {
      ...fragment,
      name: text('fragment offset', '分片偏移'),
      value: String(ip.fragmentOffset),
      meaning: isFragment
        ? text(
            `× 8 = byte ${8 * ip.fragmentOffset} of the whole packet's data`,
            `× 8 = 整个数据包数据的第 ${8 * ip.fragmentOffset} 字节`,
          )
        : text('none: the packet is whole', '无：数据包是完整的'),
    },
    {
      name: text('time to live', '生存时间'),
      offset: offset + 8,
      size: 1,
      value: String(ip.ttl),
      meaning: hopsMeaning(ip.ttl),
    },
    {
      name: text('protocol', '协议'),
      offset: offset + 9,
      size: 1,
      value: String(ip.protocol),
      meaning: text(`${protocolName(ip.protocol)} follows`, `其后是 ${protocolName(ip.protocol)}`),
    },
    {
      name: text('header checksum', '首部校验和'),
      offset: offset + 10,
      size: 2,
      value: hexNumber(ip.checksum, 4),
      ...headerVerdict(bytes, ip),
    },
    ...addressFields(ip, offset + 12, 4),
    ...ipv4OptionFields(ip.options, offset + 20, offset + 4 * ip.ihl),
  ];
};

const ipv4OptionName = (option: Ipv4Option): Text => {
  switch (option.kind) {
    case 'eol':
      return text('end of options', '选项结束');
    case 'nop':
      return text('no operation', '空操作');
    case 'recordRoute':
      return text('record route', '记录路由');
    case 'looseSourceRoute':
      return text('loose source route', '宽松源路由');
    case 'strictSourceRoute':
      return text('strict source route', '严格源路由');
    case 'routerAlert':
      return text('router alert', '路由器告警');
    case 'unknown':
      return text(`option ${option.code}`, `选项 ${option.code}`);
    case 'raw':
      return text('odd byte', '多余字节');
  }
};

const ipv4OptionValue = (option: Ipv4Option): string => {
  switch (option.kind) {
    case 'eol':
      return '0';
    case 'nop':
      return '1';
    case 'recordRoute':
    case 'looseSourceRoute':
    case 'strictSourceRoute':
      return option.route.map((hop, i) => (option.pointer === 4 + 4 * i ? `>${hop}` : hop)).join(' ');
    case 'routerAlert':
      return String(option.value);
    case 'unknown':
    case 'raw':
      return toHex(option.data);
  }
};

const ipv4OptionFields = (options: readonly Ipv4Option[], offset: number, end: number): Field[] => {
  let at = offset;
  return options.map((option) => {
    const size = option.kind === 'eol' ? end - at : ipv4OptionsLength([option]);
    const field = { name: ipv4OptionName(option), offset: at, size, value: ipv4OptionValue(option) };
    at += size;
    return field;
  });
};

export const ipv6Fields = (ip: Ipv6Header, offset: number): Field[] => {
  const first = { offset, size: 4 };
  return [
    { ...first, name: text('version', '版本'), value: '6', meaning: same('IPv6') },
    ...trafficFields(ip.trafficClass, first),
    {
      ...first,
      name: text('flow label', '流标签'),
      value: hexNumber(ip.flowLabel, 5),
      meaning:
        ip.flowLabel === 0
          ? text('none', '无')
          : text('the same in all packets of one flow (RFC 6437)', '同一个流的所有数据包都相同（RFC 6437）'),
    },
    {
      name: text('payload length', '载荷长度'),
      offset: offset + 4,
      size: 2,
      value: String(ip.payloadLength),
      meaning: text('bytes behind these 40', '字节：这 40 字节之后的长度'),
    },
    {
      name: text('next header', '下一首部'),
      offset: offset + 6,
      size: 1,
      value: String(ip.nextHeader),
      meaning: text(`${protocolName(ip.nextHeader)} follows`, `其后是 ${protocolName(ip.nextHeader)}`),
    },
    {
      name: text('hop limit', '跳数限制'),
      offset: offset + 7,
      size: 1,
      value: String(ip.hopLimit),
      meaning: hopsMeaning(ip.hopLimit),
    },
    ...addressFields(ip, offset + 8, 16),
  ];
};

/** What an extension header says, in short. */
const extensionValue = (extension: Ipv6Extension): string => {
  switch (extension.kind) {
    case 'hopByHop':
    case 'destination':
      return count(extension.options.length, 'option');
    case 'routing':
      return `type ${extension.routingType}, segments left ${extension.segmentsLeft}`;
    case 'fragment':
      return `id ${hexNumber(extension.id, 8)}, offset ${8 * extension.offset}${extension.more ? ', more' : ''}`;
    case 'authentication':
    case 'other':
      return toHex(extension.data);
  }
};

export const extensionName = (extension: Ipv6Extension): string => protocolName(extensionProtocol(extension));

export const extensionFields = (extension: Ipv6Extension, offset: number, size: number): Field[] => {
  const next = extension.nextHeader ?? 0;
  return [
    {
      name: text('next header', '下一首部'),
      offset,
      size: 1,
      value: String(next),
      meaning: text(`${protocolName(next)} follows`, `其后是 ${protocolName(next)}`),
    },
    { name: text('contents', '内容'), offset: offset + 1, size: size - 1, value: extensionValue(extension) },
  ];
};
