/** What a segment is for, and what may come back: as a textbook says it. RFC 9293 §3.5, §3.6, §3.10. */
import type { Text } from '../../error.js';
import { formatFlags, TcpFlag, type SegmentFormat, type TcpSegment } from '../../wire/index.js';
import { segmentLength } from '../../wire/tcp.js';
import type { Flow } from '../../wire/flow.js';
import { count, text } from './text.js';

/** An answer that may come, in packetdrill's text (`-`: none), and what it means. */
export interface Answer {
  readonly segment: string;
  readonly meaning: Text;
}

/** One segment of the handshake. */
export interface Step {
  /** Whether it goes the way of the segment that is explained. */
  readonly forward: boolean;
  readonly name: string;
  readonly segment: string;
  readonly meaning: Text;
}

export interface Explanation {
  readonly purpose: Text;
  /** The whole handshake, where the segment is a part of one for sure. */
  readonly handshake: readonly Step[];
  readonly answers: readonly Answer[];
}

/** What the flags that steer a connection come to, together with the data. */
type Role = 'syn' | 'syn-ack' | 'ack' | 'data' | 'fin' | 'rst' | 'impossible';

const roleOf = ({ flags, payload }: TcpSegment): Role => {
  const controls = flags & (TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST);
  const ack = (flags & TcpFlag.ACK) !== 0;
  if (controls === TcpFlag.SYN) return ack ? 'syn-ack' : 'syn';
  if (controls === TcpFlag.RST) return 'rst';
  if (controls === TcpFlag.FIN && ack) return 'fin';
  if (controls === 0 && ack) return payload.length > 0 ? 'data' : 'ack';
  return 'impossible';
};

export const explain = (segment: TcpSegment, flow: Flow, numbers: SegmentFormat): Explanation => ({
  purpose: purposeOf(roleOf(segment), segment, flow),
  handshake: handshakeAround(roleOf(segment)),
  answers: answersTo(roleOf(segment), segment, flow, numbers),
});

const purposeOf = (role: Role, segment: TcpSegment, { src, dst, dstPort }: Flow): Text => {
  const { flags, payload } = segment;
  switch (role) {
    case 'syn':
      return text(
        `The first of the three segments of a handshake. ${src} asks ${dst} to open a connection to port ${dstPort}, ` +
          'and says from which sequence number it counts its bytes. The options say what it can do: most of them ' +
          'can be said here and in the answer only.',
        `三次握手的第一个报文段。${src} 请求 ${dst} 打开到端口 ${dstPort} 的连接，并说明自己的字节从哪个序列号数起。` +
          '选项说明它具备的能力：其中大多数只能在这里和应答中声明。',
      );
    case 'syn-ack':
      return text(
        `The second of the three segments of a handshake. ${src} agrees to the connection: it acknowledges the SYN of ` +
          `${dst}, and says from which sequence number it counts its own bytes.`,
        `三次握手的第二个报文段。${src} 同意建立连接：它确认 ${dst} 的 SYN，并说明自己的字节从哪个序列号数起。`,
      );
    case 'ack':
      return text(
        `An acknowledgment without data: ${src} has received all before number ack. The third segment of a handshake ` +
          'is one of these.',
        `不带数据的确认：${src} 已收到确认号之前的全部内容。三次握手的第三个报文段就是这样。`,
      );
    case 'data':
      return text(
        `${count(payload.length, 'byte')} of data from ${src} to ${dst}, and the acknowledgment of all that came before number ack.`,
        `从 ${src} 到 ${dst} 的 ${payload.length} 字节数据，并确认确认号之前的全部内容。`,
      );
    case 'fin':
      return text(
        `${src} has no more to send and closes its direction of the connection. The other direction stays open until ` +
          `${dst} sends its own FIN.`,
        `${src} 不再发送数据，关闭自己这个方向。另一个方向仍然打开，直到 ${dst} 也发出 FIN。`,
      );
    case 'rst':
      return flags & TcpFlag.ACK
        ? text(
            'Ends the connection at once. With ACK it is how a kernel refuses a SYN for which it finds no socket.',
            '立即终止连接。带 ACK 的 RST 是内核在找不到套接字时拒绝 SYN 的方式。',
          )
        : text(
            'Ends the connection at once. Without ACK it is how a kernel answers a segment with ACK for which it finds ' +
              'no socket: it takes its sequence number from there.',
            '立即终止连接。不带 ACK 的 RST 是内核在找不到套接字时对带 ACK 的报文段的应答：序列号取自那个报文段。',
          );
    case 'impossible': {
      const letters = formatFlags(flags);
      return letters === ''
        ? text(
            'No TCP sends a segment without any flag: it was made by hand.',
            '没有 TCP 会发送不带任何标志的报文段：它是手工制作的。',
          )
        : text(
            `No TCP sends these flags together (${letters}): it was made by hand. Such segments show how a stack treats what the RFC does not foresee.`,
            `没有 TCP 会把这些标志放在一起（${letters}）：它是手工制作的。这样的报文段可以看出协议栈如何对待 RFC 未预见的情况。`,
          );
    }
  }
};

const thisOne = text('this segment', '就是这个报文段');

const handshakeAround = (role: Role): readonly Step[] => {
  if (role !== 'syn' && role !== 'syn-ack') return [];
  const first = role === 'syn';
  return [
    {
      forward: first,
      name: 'SYN',
      segment: 'S 0:0(0)',
      meaning: first ? thisOne : text('asked for the connection', '请求连接'),
    },
    {
      forward: !first,
      name: 'SYN/ACK',
      segment: 'S. 0:0(0) ack 1',
      meaning: first ? text('agrees, and acknowledges the SYN', '同意，并确认 SYN') : thisOne,
    },
    {
      forward: first,
      name: 'ACK',
      segment: '. 1:1(0) ack 1',
      meaning: text('acknowledges in turn: both sides are connected', '再确认对方：双方建立连接'),
    },
  ];
};

const answersTo = (role: Role, segment: TcpSegment, { dstPort }: Flow, numbers: SegmentFormat): readonly Answer[] => {
  const next = (segment.seq - (numbers.seqBase ?? 0) + segmentLength(segment)) >>> 0;
  const ack = (segment.ack - (numbers.ackBase ?? 0)) >>> 0;
  const acknowledged = `. ${ack}:${ack}(0) ack ${next}`;
  const reset = `R ${ack}:${ack}(0)`;
  const unowned = text('RST: no socket owns this connection', 'RST：没有套接字拥有这条连接');
  switch (role) {
    case 'syn':
      return [
        {
          segment: 'S. 0:0(0) ack 1',
          meaning: text(`SYN/ACK: a socket listens on port ${dstPort}`, `SYN/ACK：有套接字在端口 ${dstPort} 上监听`),
        },
        {
          segment: `R. 0:0(0) ack ${next}`,
          meaning: text('RST: none does', 'RST：没有套接字监听'),
        },
        {
          segment: '-',
          meaning: text(
            'nothing: lost, or dropped by a filter. A kernel would send the SYN again, first after 1 s (RFC 6298)',
            '没有应答：丢失，或被过滤器丢弃。内核会重发 SYN，第一次在 1 秒后（RFC 6298）',
          ),
        },
      ];
    case 'syn-ack':
      return [
        {
          segment: acknowledged,
          meaning: text(
            'ACK: it is the answer to a SYN of that host; the handshake is complete',
            'ACK：对方确实发过 SYN，握手完成',
          ),
        },
        {
          segment: reset,
          meaning: text(
            "RST: that host's kernel finds no socket that sent the SYN, as when it was made by hand over a raw socket (rawshake compare)",
            'RST：对方内核找不到发出该 SYN 的套接字，例如 SYN 是经原始套接字手工发出的（见 rawshake compare）',
          ),
        },
      ];
    case 'data':
      return [
        { segment: acknowledged, meaning: text('ACK: the data has arrived', 'ACK：数据已到达') },
        { segment: reset, meaning: unowned },
      ];
    case 'fin':
      return [
        { segment: acknowledged, meaning: text('ACK: the FIN has arrived', 'ACK：FIN 已到达') },
        {
          segment: `F${acknowledged}`,
          meaning: text('FIN/ACK: it closes its direction too', 'FIN/ACK：对方也关闭自己的方向'),
        },
        { segment: reset, meaning: unowned },
      ];
    case 'ack':
      return [
        { segment: '-', meaning: text('nothing: an ACK is not acknowledged', '没有应答：ACK 本身不被确认') },
        { segment: reset, meaning: unowned },
      ];
    case 'rst':
      return [
        {
          segment: '-',
          meaning: text(
            'nothing: a RST is never answered, or two hosts could go on for ever',
            '没有应答：RST 从不被应答，否则两台主机会没完没了',
          ),
        },
      ];
    case 'impossible':
      return [];
  }
};
