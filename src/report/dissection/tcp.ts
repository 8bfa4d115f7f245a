/** The TCP header, explained. RFC 9293 §3.1. */
import type { Text } from '../../error.js';
import {
  formatFlags,
  seqAdd,
  TcpFlag,
  type Packet,
  type SegmentFormat,
  type TcpSegment,
  type TcpStart,
} from '../../wire/index.js';
import { segmentLength } from '../../wire/tcp.js';
import { TCP } from '../../wire/layout.js';
import { checksumField, layerVerdict } from './checksum.js';
import { type Detail, type Field, fieldAt, fieldsOf } from './field.js';
import { portMeaning } from './names.js';
import { tcpOptionFields } from './tcp-options.js';
import { count, joined, same, text } from './text.js';

/** What each says set and clear, from the highest bit to the lowest. */
const flagWords: readonly (readonly [name: keyof typeof TcpFlag, set: Text, clear: Text])[] = [
  [
    'AE',
    text(
      'accurate ECN: asked for, or part of its counter (RFC 9768)',
      '精确 ECN：请求使用，或其计数器的一位（RFC 9768）',
    ),
    text('accurate ECN: not in use', '精确 ECN：未用'),
  ],
  [
    'CWR',
    text('congestion window reduced: the warning of congestion was heard', '拥塞窗口已减小：已获知拥塞'),
    text('congestion window not reduced', '拥塞窗口未减小'),
  ],
  [
    'ECE',
    text(
      'ECN echo: a packet came marked as congested; in a SYN: ECN can be used',
      'ECN 回显：收到带拥塞标记的包；在 SYN 中：可用 ECN',
    ),
    text('no congestion to report', '没有拥塞要报告'),
  ],
  ['URG', text('the urgent pointer counts', '紧急指针有效'), text('no urgent data', '没有紧急数据')],
  ['ACK', text('the acknowledgment number counts', '确认号有效'), text('nothing is acknowledged', '不确认任何内容')],
  [
    'PSH',
    text('push: hand the data to the program now', '推送：立即把数据交给程序'),
    text('nothing to push', '无需推送'),
  ],
  [
    'RST',
    text('reset: the connection is over at once, or there is none', '复位：连接立即终止，或根本没有连接'),
    text('no reset', '不复位'),
  ],
  [
    'SYN',
    text('synchronize: "I count my bytes from this sequence number"', '同步：“我的字节从这个序列号数起”'),
    text('not the start of a connection', '不是连接的开始'),
  ],
  [
    'FIN',
    text('finished: the sender has no more to send', '结束：发送方不再发送数据'),
    text('the sender is not finished', '发送方尚未结束'),
  ],
];

const flagDetails = (flags: number): readonly Detail[] =>
  flagWords.map(([name, set, clear]) => {
    const active = (flags & TcpFlag[name]) !== 0;
    return { name: same(name), value: active ? '1' : '0', meaning: active ? set : clear, active };
  });

const seqMeaning = (segment: TcpSegment): Text => {
  const { flags, seq, payload } = segment;
  const next = seqAdd(seq, segmentLength(segment));
  if (flags & TcpFlag.SYN)
    return text(
      `ISS, the initial one. SYN itself takes this number; the next one is ${next}`,
      `ISS，即初始序列号。SYN 本身占用这个号；下一个是 ${next}`,
    );
  if (payload.length > 0)
    return text(
      `number of the first of ${count(payload.length, 'byte')} of data; the next one is ${next}`,
      `${payload.length} 字节数据中第一个字节的编号；下一个是 ${next}`,
    );
  if (flags & TcpFlag.FIN)
    return text(`FIN takes this number; the next one is ${next}`, `FIN 占用这个号；下一个是 ${next}`);
  return text('number that the next byte of data will have', '下一个数据字节将有的编号');
};

const ackMeaning = ({ flags, ack }: TcpSegment): Text => {
  if (flags & TcpFlag.ACK)
    return text('number expected next: all before it has arrived', '期望收到的下一个编号：之前的都已到达');
  return ack === 0
    ? text('means nothing while ACK is clear', 'ACK 未置位，没有意义')
    : text('means nothing while ACK is clear, and yet is not 0', 'ACK 未置位，没有意义，却不为 0');
};

const windowMeaning = ({ flags, window }: TcpSegment): Text => {
  if (flags & TcpFlag.SYN)
    return text(
      'bytes that its sender takes before it says more. Never scaled in a segment with SYN',
      '字节：发送方在再次通告之前愿意接收的数量。带 SYN 的报文段从不缩放窗口',
    );
  if (flags & TcpFlag.RST) return text('means nothing in a RST', '在 RST 中没有意义');
  if (window === 0) return text('closed: its sender takes nothing for now', '窗口关闭：发送方暂时不接收数据');
  return text(
    'bytes that its sender takes; times 2^shift, where both SYNs had a window scale option',
    '字节：发送方愿意接收的数量；若双方 SYN 都有窗口缩放选项，则再乘以 2^shift',
  );
};

const urgentMeaning = ({ flags, urgentPointer }: TcpSegment): Text => {
  if (flags & TcpFlag.URG)
    return text('bytes from the sequence number to the end of urgent data', '字节：从序列号到紧急数据末尾');
  return urgentPointer === 0
    ? text('means nothing while URG is clear', 'URG 未置位，没有意义')
    : text('means nothing while URG is clear, and yet is not 0', 'URG 未置位，没有意义，却不为 0');
};

const sizeMeaning = (dataOffset: number): Text => {
  const options = 4 * dataOffset - 20;
  return text(
    `× 4 = ${4 * dataOffset} bytes of header${options === 0 ? ', no options' : `: 20, and ${options} of options`}`,
    `× 4 = 首部 ${4 * dataOffset} 字节${options === 0 ? '，没有选项' : `：20 字节加 ${options} 字节选项`}`,
  );
};

/** Where the page shows a number counted from another one. */
const shownAs = (meaning: Text, n: number, base: number | undefined): Text => {
  const shown = (n - (base ?? 0)) >>> 0;
  return shown === n ? meaning : joined([meaning, text(`(above: ${shown})`, `（上文记作 ${shown}）`)]);
};

/** `packetOffset`: where its IP packet starts in the frame; `numbers`: what its numbers count from elsewhere on the page. */
export const tcpFields = (
  segment: TcpSegment,
  packet: Packet,
  offset: number,
  packetOffset: number,
  numbers: SegmentFormat = {},
): Field[] => {
  const { flags, seq, ack, reserved, dataOffset } = segment;
  const field = fieldsOf(TCP, offset);
  const seqWords = shownAs(seqMeaning(segment), seq, numbers.seqBase);
  const ackWords = flags & TcpFlag.ACK ? shownAs(ackMeaning(segment), ack, numbers.ackBase) : ackMeaning(segment);
  const reservedWords = reserved === 0 ? undefined : text('should be 0', '应为 0');
  const reservedOk = reserved === 0 ? undefined : false;
  const bits = (value: number, count: number): string => value.toString(2).padStart(count, '0');
  return [
    ...portFields(segment, offset),
    field('seq', text('sequence number', '序列号'), seq, seqWords),
    field('ack', text('acknowledgment number', '确认号'), ack, ackWords),
    field('control', text('data offset', '数据偏移'), dataOffset, sizeMeaning(dataOffset)),
    field('control', text('reserved', '保留'), bits(reserved, 3), reservedWords, { ok: reservedOk }),
    field('control', text('flags', '标志'), bits(flags, 9), flagsMeaning(flags), { details: flagDetails(flags) }),
    field('window', text('window', '窗口'), segment.window, windowMeaning(segment)),
    checksumField(offset + TCP.checksum, segment, layerVerdict(packet, 'tcp', segment, offset - packetOffset)),
    field('urgentPointer', text('urgent pointer', '紧急指针'), segment.urgentPointer, urgentMeaning(segment)),
    ...tcpOptionFields(segment, packet.ip.version, offset + TCP.end, offset + 4 * dataOffset),
  ];
};

const flagsMeaning = (flags: number): Text => {
  const names = flagWords.flatMap(([name]) => (flags & TcpFlag[name] ? [name] : []));
  if (names.length === 0) return text('none, which no TCP sends', '一个也没有：没有 TCP 会这样发送');
  const letters = formatFlags(flags);
  return text(
    `${names.join(', ')}; in packetdrill's letters: ${letters}`,
    `${names.join('、')}；packetdrill 记作 ${letters}`,
  );
};

const portFields = ({ srcPort, dstPort }: TcpStart, offset: number): Field[] => {
  const field = fieldsOf(TCP, offset);
  return [
    field('srcPort', text('source port', '源端口'), srcPort, portMeaning(srcPort)),
    field('dstPort', text('destination port', '目的端口'), dstPort, portMeaning(dstPort)),
  ];
};

/** What is left of a header that was cut. */
export const tcpStartFields = (start: TcpStart, offset: number, size: number): Field[] => {
  const fields = portFields(start, offset);
  if (start.seq !== undefined) fields.push(fieldsOf(TCP, offset)('seq', text('sequence number', '序列号'), start.seq));
  const read = start.seq === undefined ? TCP.seq : TCP.ack;
  const [left, meaning] = [size - read, text('of a header that was cut', '首部被截断')];
  if (left > 0) fields.push(fieldAt(offset + read, left, text('the rest', '其余'), count(left, 'byte'), meaning));
  return fields;
};
