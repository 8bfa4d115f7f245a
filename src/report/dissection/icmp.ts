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
import { ICMP, NDP } from '../../wire/layout.js';
import { checksumField, layerVerdict } from './checksum.js';
import { type Field, fieldAt, fieldsOf } from './field.js';
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
  const field = fieldsOf(ICMP, offset);
  return [
    field('type', text('type', '类型'), packet.bytes[offset - packetOffset] ?? 0, icmpName(message)),
    field('code', text('code', '代码'), message.code, codeMeaning(message, packet.ip.version)),
    checksumField(offset + ICMP.checksum, message, layerVerdict(packet, layer, message, offset - packetOffset)),
    ...(isNdp(message) ? ndpFields(message, offset, size) : restFields(message, packet.ip.version, offset + ICMP.rest)),
  ];
};

type NotNdp = Exclude<Message, NdpMessage>;

/** The 32 bits behind the checksum. */
const restFields = (message: NotNdp, version: 4 | 6, offset: number): Field[] => {
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      return [
        fieldAt(
          offset,
          2,
          text('identifier', '标识符'),
          message.id,
          text('of the program that asks', '提问程序的标识'),
        ),
        fieldAt(offset + 2, 2, text('sequence number', '序列号'), message.sequence),
      ];
    case 'packetTooBig':
      return [fieldAt(offset, 4, same('MTU'), message.info ?? 0, mtuMeaning)];
    case 'unreachable':
      if (version === 4 && message.code === 4)
        return [
          fieldAt(offset, 4, text('MTU of the next hop', '下一跳 MTU'), (message.info ?? 0) & 0xffff, mtuMeaning),
        ];
      break;
    case 'redirect':
    case 'timeExceeded':
    case 'parameterProblem':
    case 'other':
      break;
  }
  const unused = message.info === 0 ? text('unused', '未用') : undefined;
  return [fieldAt(offset, 4, text('rest of header', '首部其余部分'), hexNumber(message.info ?? 0, 8), unused)];
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
  const options = message.options.map(optionValue).join(', ') || '-';
  const from = NDP[message.kind].end;
  const behind = size > from ? [fieldAt(offset + from, size - from, text('options', '选项'), options)] : [];
  return [...fixedNdpFields(message, offset), ...behind];
};

const RESERVED = text('reserved', '保留');
const FLAGS = text('flags', '标志');
const TARGET = text('target', '目标');

const fixedNdpFields = (message: NdpMessage, offset: number): Field[] => {
  switch (message.kind) {
    case 'routerSolicitation':
      return [fieldsOf(NDP.routerSolicitation, offset)('reserved', RESERVED, message.reserved ?? 0)];
    case 'routerAdvertisement': {
      const field = fieldsOf(NDP.routerAdvertisement, offset);
      const timers = `${message.reachableTime}, ${message.retransTimer}`;
      return [
        field('hopLimit', text('hop limit', '跳数限制'), message.hopLimit),
        field('flags', FLAGS, hexNumber(message.flags, 2)),
        field('lifetime', text('router lifetime', '路由器有效期'), message.lifetime, text('seconds', '秒')),
        field('timers', text('timers', '计时器'), timers, timersMeaning),
      ];
    }
    case 'neighborSolicitation': {
      const field = fieldsOf(NDP.neighborSolicitation, offset);
      return [field('reserved', RESERVED, message.reserved ?? 0), field('target', TARGET, message.target)];
    }
    case 'neighborAdvertisement': {
      const field = fieldsOf(NDP.neighborAdvertisement, offset);
      return [field('flags', FLAGS, advertisementFlags(message)), field('target', TARGET, message.target)];
    }
    case 'redirect': {
      const field = fieldsOf(NDP.redirect, offset);
      return [
        field('reserved', RESERVED, message.reserved ?? 0),
        field('target', TARGET, message.target),
        field('destination', text('destination', '目的地址'), message.destination),
      ];
    }
  }
};

const timersMeaning = text('milliseconds: reachable, retransmission', '毫秒：可达时间、重传间隔');

const advertisementFlags = (flags: { router: boolean; solicited: boolean; override: boolean }): string =>
  (['router', 'solicited', 'override'] as const).filter((name) => flags[name]).join(', ') || '-';

/** `3 bytes`, as both languages have it. */
export const bytesText = (n: number): Text => text(count(n, 'byte'), `${n} 字节`);
