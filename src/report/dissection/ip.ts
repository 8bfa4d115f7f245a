/** IPv4 and IPv6 headers, explained. RFC 791 §3.1; RFC 8200 §3 and §4. */
import type { Text } from '../../error.js';
import { toHex, type Ipv4Header, type Ipv4Option, type Ipv6Extension, type Ipv6Header } from '../../wire/index.js';
import { ipv4OptionsLength } from '../../wire/ipv4-options.js';
import { extensionProtocol } from '../../wire/ipv6-extensions.js';
import { IPV4, IPV6 } from '../../wire/layout.js';
import { checksumField, headerVerdict } from './checksum.js';
import { type Detail, type Field, fieldAt, fieldsOf } from './field.js';
import { addressMeaning, dscpMeaning, ecnMeaning, protocolName } from './names.js';
import { count, hexNumber, same, text } from './text.js';

/** DSCP and ECN, in whichever bytes they stand. */
const trafficFields = (byte: number, field: (name: Text, value: string | number, meaning?: Text) => Field): Field[] => [
  field(same('DSCP'), byte >>> 2, dscpMeaning(byte >>> 2)),
  field(same('ECN'), (byte & 3).toString(2).padStart(2, '0'), ecnMeaning(byte & 3)),
];

const SOURCE = text('source', '源地址');
const DESTINATION = text('destination', '目的地址');

const followsMeaning = (protocol: number): Text =>
  text(`${protocolName(protocol)} follows`, `其后是 ${protocolName(protocol)}`);

const hopsMeaning = (hops: number): Text =>
  hops === 0
    ? text('used up: it should not be under way any more', '已用尽：不应再转发')
    : text(
        'routers that it may pass: each takes one off, and drops it at 0',
        '最多经过的路由器数：每个减一，减到 0 则丢弃',
      );

const flagDetail = (name: Text, active: boolean, meaning: Text): Detail => ({
  name,
  value: active ? '1' : '0',
  meaning,
  active,
});

const evilMeaning = text('should be 0 (the "evil bit" of RFC 3514)', '应为 0（RFC 3514 的“邪恶位”）');
const wholeMeaning = text(
  "don't fragment: a router that cannot pass it whole drops it and says so by ICMP",
  '不分片：路由器若无法整个转发，就丢弃并以 ICMP 告知',
);
const mayCutMeaning = text('routers may cut it into fragments', '路由器可以将其分片');
const moreMeaning = text('more fragments follow', '后面还有分片');
const noMoreMeaning = text('no more fragments follow', '后面没有分片');

const flagDetails = ({ reservedFlag, dontFragment, moreFragments }: Ipv4Header): Detail[] => [
  flagDetail(text('reserved', '保留'), reservedFlag, reservedFlag ? evilMeaning : text('always 0', '总是 0')),
  flagDetail(same('DF'), dontFragment, dontFragment ? wholeMeaning : mayCutMeaning),
  flagDetail(same('MF'), moreFragments, moreFragments ? moreMeaning : noMoreMeaning),
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
  const field = fieldsOf(IPV4, offset);
  const options = 4 * ip.ihl - IPV4.end;
  const bits = [ip.reservedFlag, ip.dontFragment, ip.moreFragments].map((bit) => (bit ? '1' : '0')).join('');
  const isFragment = ip.moreFragments || ip.fragmentOffset > 0;
  const lengthMeaning = text(
    `× 4 = ${4 * ip.ihl} bytes${options === 0 ? ', no options' : `: 20, and ${options} of options`}`,
    `× 4 = ${4 * ip.ihl} 字节${options === 0 ? '，没有选项' : `：20 字节加 ${options} 字节选项`}`,
  );
  const idMeaning = isFragment
    ? text('the same in all fragments of one packet', '同一数据包的所有分片都相同')
    : text('would tie fragments together; this packet is whole', '用于把分片归在一起；这个数据包是完整的');
  const fragmentMeaning = isFragment
    ? text(
        `× 8 = byte ${8 * ip.fragmentOffset} of the whole packet's data`,
        `× 8 = 整个数据包数据的第 ${8 * ip.fragmentOffset} 字节`,
      )
    : text('none: the packet is whole', '无：数据包是完整的');
  return [
    field('versionAndIhl', text('version', '版本'), 4, same('IPv4')),
    field('versionAndIhl', text('header length', '首部长度'), ip.ihl, lengthMeaning),
    ...trafficFields(ip.tos, (...words) => field('tos', ...words)),
    field('totalLength', text('total length', '总长度'), ip.totalLength, totalMeaning(ip)),
    field('id', text('identification', '标识'), hexNumber(ip.id, 4), idMeaning),
    field('fragment', text('flags', '标志'), bits, undefined, { details: flagDetails(ip) }),
    field('fragment', text('fragment offset', '分片偏移'), ip.fragmentOffset, fragmentMeaning),
    field('ttl', text('time to live', '生存时间'), ip.ttl, hopsMeaning(ip.ttl)),
    field('protocol', text('protocol', '协议'), ip.protocol, followsMeaning(ip.protocol)),
    checksumField(offset + IPV4.checksum, ip, headerVerdict(bytes, ip), text('header checksum', '首部校验和')),
    field('src', SOURCE, ip.src, addressMeaning(ip.src)),
    field('dst', DESTINATION, ip.dst, addressMeaning(ip.dst)),
    ...ipv4OptionFields(ip.options, offset + IPV4.end, offset + 4 * ip.ihl),
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
    const field = fieldAt(at, size, ipv4OptionName(option), ipv4OptionValue(option));
    at += size;
    return field;
  });
};

export const ipv6Fields = (ip: Ipv6Header, offset: number): Field[] => {
  const field = fieldsOf(IPV6, offset);
  const labelMeaning =
    ip.flowLabel === 0
      ? text('none', '无')
      : text('the same in all packets of one flow (RFC 6437)', '同一个流的所有数据包都相同（RFC 6437）');
  const lengthMeaning = text('bytes behind these 40', '字节：这 40 字节之后的长度');
  return [
    field('first', text('version', '版本'), 6, same('IPv6')),
    ...trafficFields(ip.trafficClass, (...words) => field('first', ...words)),
    field('first', text('flow label', '流标签'), hexNumber(ip.flowLabel, 5), labelMeaning),
    field('payloadLength', text('payload length', '载荷长度'), ip.payloadLength, lengthMeaning),
    field('nextHeader', text('next header', '下一首部'), ip.nextHeader, followsMeaning(ip.nextHeader)),
    field('hopLimit', text('hop limit', '跳数限制'), ip.hopLimit, hopsMeaning(ip.hopLimit)),
    field('src', SOURCE, ip.src, addressMeaning(ip.src)),
    field('dst', DESTINATION, ip.dst, addressMeaning(ip.dst)),
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
    fieldAt(offset, 1, text('next header', '下一首部'), next, followsMeaning(next)),
    fieldAt(offset + 1, size - 1, text('contents', '内容'), extensionValue(extension)),
  ];
};
