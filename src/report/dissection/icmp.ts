/** ICMP, ICMPv6 and neighbour discovery, explained. RFC 792; RFC 4443; RFC 4861. */
import type { Text } from '../../error.js';
import {
  toHex,
  type IcmpMessage,
  type Icmpv6Message,
  type NdpMessage,
  type NdpOption,
  type Packet,
} from '../../wire/index.js';
import { layerVerdict } from './checksum.js';
import type { Field } from './field.js';
import { count, hexNumber, same, text } from './text.js';

type Message = IcmpMessage | Icmpv6Message;

/** What people call a message. */
export const icmpName = (message: Message): Text => {
  switch (message.kind) {
    case 'echoRequest':
      return text('echo request (ping)', '回显请求（ping）');
    case 'echoReply':
      return text('echo reply (pong)', '回显应答');
    case 'unreachable':
      return text('destination unreachable', '目的不可达');
    case 'redirect':
      return text('redirect', '重定向');
    case 'timeExceeded':
      return text('time exceeded', '超时');
    case 'parameterProblem':
      return text('parameter problem', '参数问题');
    case 'packetTooBig':
      return text('packet too big', '数据包过大');
    case 'routerSolicitation':
      return text('router solicitation', '路由器请求');
    case 'routerAdvertisement':
      return text('router advertisement', '路由器通告');
    case 'neighborSolicitation':
      return text('neighbour solicitation', '邻居请求');
    case 'neighborAdvertisement':
      return text('neighbour advertisement', '邻居通告');
    case 'other':
      return text(`type ${message.type}`, `类型 ${message.type}`);
  }
};

const unreachableCodes: Readonly<Record<4 | 6, readonly Text[]>> = {
  4: [
    text('network unreachable', '网络不可达'),
    text('host unreachable', '主机不可达'),
    text('protocol unreachable', '协议不可达'),
    text('port unreachable: no socket there', '端口不可达：那里没有套接字'),
    text('fragmentation needed, and DF is set', '需要分片但 DF 已置位'),
    text('source route failed', '源路由失败'),
  ],
  6: [
    text('no route', '没有路由'),
    text('administratively prohibited', '被管理策略禁止'),
    text('beyond the scope of the source', '超出源地址的作用域'),
    text('address unreachable', '地址不可达'),
    text('port unreachable: no socket there', '端口不可达：那里没有套接字'),
  ],
};

const prohibited = text('administratively prohibited: a filter', '被管理策略禁止：有过滤器');

/** What the code of a message says; undefined where it is 0 and says nothing. */
export const codeMeaning = ({ kind, code }: Message, version: 4 | 6): Text | undefined => {
  if (kind === 'unreachable') {
    if (version === 4 && (code === 9 || code === 10 || code === 13)) return prohibited;
    return unreachableCodes[version][code];
  }
  if (kind === 'timeExceeded')
    return code === 0
      ? text('the hop count ran out on the way', '途中跳数用尽')
      : text('fragments were missing', '分片不全');
  return undefined;
};

const isNdp = (message: Message): message is Extract<Message, NdpMessage> => 'options' in message;

/** `packetOffset`: where its IP packet starts in the frame. */
export const icmpFields = (
  message: Message,
  layer: 'icmp' | 'icmpv6',
  packet: Packet,
  offset: number,
  packetOffset: number,
  size: number,
): Field[] => {
  const type = packet.bytes[offset - packetOffset] ?? 0;
  return [
    { name: text('type', '类型'), offset, size: 1, value: String(type), meaning: icmpName(message) },
    {
      name: text('code', '代码'),
      offset: offset + 1,
      size: 1,
      value: String(message.code),
      meaning: codeMeaning(message, packet.ip.version),
    },
    {
      name: text('checksum', '校验和'),
      offset: offset + 2,
      size: 2,
      value: hexNumber(message.checksum, 4),
      ...layerVerdict(packet, layer, message, offset - packetOffset),
    },
    ...(isNdp(message) ? ndpFields(message, offset + 4, size - 4) : restFields(message, packet.ip.version, offset + 4)),
  ];
};

type NotNdp = Exclude<Message, NdpMessage>;

/** The 32 bits behind the checksum. */
const restFields = (message: NotNdp, version: 4 | 6, offset: number): Field[] => {
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      return [
        {
          name: text('identifier', '标识符'),
          offset,
          size: 2,
          value: String(message.id),
          meaning: text('of the program that asks', '提问程序的标识'),
        },
        { name: text('sequence number', '序列号'), offset: offset + 2, size: 2, value: String(message.sequence) },
      ];
    case 'packetTooBig':
      return [{ name: same('MTU'), offset, size: 4, value: String(message.info), meaning: mtuMeaning }];
    case 'unreachable':
      if (version === 4 && message.code === 4)
        return [
          {
            name: text('MTU of the next hop', '下一跳 MTU'),
            offset,
            size: 4,
            value: String((message.info ?? 0) & 0xffff),
            meaning: mtuMeaning,
          },
        ];
      break;
    case 'redirect':
    case 'timeExceeded':
    case 'parameterProblem':
    case 'other':
      break;
  }
  return [
    {
      name: text('rest of header', '首部其余部分'),
      offset,
      size: 4,
      value: hexNumber(message.info ?? 0, 8),
      meaning: message.info === 0 ? text('unused', '未用') : undefined,
    },
  ];
};

const mtuMeaning = text('bytes that the next link can carry', '字节：下一段链路能承载的大小');

const optionValue = (option: NdpOption): string => {
  switch (option.kind) {
    case 'sourceLinkLayer':
      return `source ${option.address}`;
    case 'targetLinkLayer':
      return `target ${option.address}`;
    case 'mtu':
      return `mtu ${option.mtu}`;
    case 'unknown':
      return `option ${option.type}: ${toHex(option.data)}`;
    case 'raw':
      return toHex(option.data);
  }
};

/** The addresses, the flags and the options; what lies between stays unmarked. */
const ndpFields = (message: NdpMessage, offset: number, size: number): Field[] => {
  const options = {
    name: text('options', '选项'),
    value: message.options.map(optionValue).join(', ') || '-',
  };
  const address = (name: Text, at: number, value: string): Field => ({ name, offset: at, size: 16, value });
  const target = text('target', '目标');
  const behind = (start: number): Field[] =>
    start < offset + size ? [{ ...options, offset: start, size: offset + size - start }] : [];
  switch (message.kind) {
    case 'routerSolicitation':
      return [
        { name: text('reserved', '保留'), offset, size: 4, value: String(message.reserved ?? 0) },
        ...behind(offset + 4),
      ];
    case 'routerAdvertisement':
      return [
        { name: text('hop limit', '跳数限制'), offset, size: 1, value: String(message.hopLimit) },
        { name: text('flags', '标志'), offset: offset + 1, size: 1, value: hexNumber(message.flags, 2) },
        {
          name: text('router lifetime', '路由器有效期'),
          offset: offset + 2,
          size: 2,
          value: String(message.lifetime),
          meaning: text('seconds', '秒'),
        },
        {
          name: text('timers', '计时器'),
          offset: offset + 4,
          size: 8,
          value: `${message.reachableTime}, ${message.retransTimer}`,
          meaning: text('milliseconds: reachable, retransmission', '毫秒：可达时间、重传间隔'),
        },
        ...behind(offset + 12),
      ];
    case 'neighborSolicitation':
      return [
        { name: text('reserved', '保留'), offset, size: 4, value: String(message.reserved ?? 0) },
        address(target, offset + 4, message.target),
        ...behind(offset + 20),
      ];
    case 'neighborAdvertisement':
      return [
        { name: text('flags', '标志'), offset, size: 4, value: advertisementFlags(message) },
        address(target, offset + 4, message.target),
        ...behind(offset + 20),
      ];
    case 'redirect':
      return [
        { name: text('reserved', '保留'), offset, size: 4, value: String(message.reserved ?? 0) },
        address(target, offset + 4, message.target),
        address(text('destination', '目的地址'), offset + 20, message.destination),
        ...behind(offset + 36),
      ];
  }
};

const advertisementFlags = (flags: { router: boolean; solicited: boolean; override: boolean }): string =>
  (['router', 'solicited', 'override'] as const).filter((name) => flags[name]).join(', ') || '-';

/** `3 bytes`, as both languages have it. */
export const bytesText = (n: number): Text => text(count(n, 'byte'), `${n} 字节`);
