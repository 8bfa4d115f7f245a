/** TCP options, explained one by one. */
import type { Text } from '../../error.js';
import {
  formatOption,
  seqDiff,
  seq,
  TcpFlag,
  TcpOptionKind,
  type TcpOption,
  type TcpSegment,
} from '../../wire/index.js';
import { tcpOptionsLength } from '../../wire/tcp-options.js';
import type { Field } from './field.js';
import { count, joined, same, text } from './text.js';

/** The largest segment that each link's packets hold, by the link's MTU. */
const mtus: readonly (readonly [mtu: number, link: Text])[] = [
  [1500, text("Ethernet's MTU", '以太网 MTU')],
  [9000, text("a jumbo frame's MTU", '巨型帧 MTU')],
  [65_535, text("loopback's limit", '环回接口上限')],
  [65_536, text("loopback's MTU", '环回接口 MTU')],
  [1492, text("PPPoE's MTU", 'PPPoE MTU')],
  [1280, text('the least MTU of IPv6', 'IPv6 最小 MTU')],
];

const mssMeaning = (mss: number, version: 4 | 6): Text => {
  const header = version === 4 ? 20 : 40;
  const [mtu, link] = mtus.find(([size]) => size - header - 20 === mss) ?? [];
  const what = text('bytes of data that its sender takes in one segment', '字节：发送方愿意在一个报文段中接收的数据');
  if (mtu === undefined || link === undefined) return what;
  return text(
    `${what.en}: ${mtu} (${link.en}) − ${header} (IPv${version}) − 20 (TCP)`,
    `${what.zh}：${mtu}（${link.zh}）− ${header}（IPv${version}）− 20（TCP）`,
  );
};

const mostShift = 14;

const wscaleMeaning = (shift: number): Text => {
  if (shift > mostShift)
    return text(
      `at most 14 is allowed, and will be taken (RFC 7323 §2.3)`,
      '最大允许 14，将按 14 处理（RFC 7323 §2.3）',
    );
  const unit = 2 ** shift;
  return text(
    `later windows count in units of 2^${shift} = ${count(unit, 'byte')}, if the other side's SYN has this option too`,
    `若对方的 SYN 也有此选项，之后的窗口以 2^${shift} = ${unit} 字节为单位`,
  );
};

const timestampsMeaning = (echo: number, flags: number): Text => {
  const clock = text("val: the sender's own clock, often in ms.", 'val：发送方自己的时钟，常以毫秒计。');
  const initial = (flags & TcpFlag.SYN) !== 0 && (flags & TcpFlag.ACK) === 0;
  if (initial && echo === 0) return joined([clock, text('ecr: nothing to echo yet', 'ecr：尚无可回显的值')]);
  return joined([
    clock,
    text("ecr: the other side's, echoed to measure the round trip", 'ecr：回显对方的时钟，用来测量往返时间'),
  ]);
};

const sackMeaning = (blocks: readonly (readonly [number, number])[], ack: number): Text => {
  const bytes = blocks.reduce((sum, [left, right]) => sum + ((right - left) >>> 0), 0);
  const duplicate = blocks.some(([left]) => seqDiff(seq(left), seq(ack)) < 0);
  return duplicate
    ? text(
        'has been received before, a second time now (D-SACK, RFC 2883)',
        '之前已收到，现在又收到一次（D-SACK，RFC 2883）',
      )
    : text(
        `${count(bytes, 'byte')} beyond ack that have arrived: they need not be sent again`,
        `ack 之后已到达的 ${bytes} 字节，无需重传`,
      );
};

const names: ReadonlyMap<number, Text> = new Map<number, Text>([
  [TcpOptionKind.MD5, text('MD5 signature (RFC 2385)', 'MD5 签名（RFC 2385）')],
  [TcpOptionKind.TCP_AO, text('authentication, TCP-AO (RFC 5925)', '认证选项 TCP-AO（RFC 5925）')],
  [TcpOptionKind.MPTCP, text('Multipath TCP (RFC 8684)', '多路径 TCP（RFC 8684）')],
]);

const nameOf = (option: TcpOption): Text => {
  switch (option.kind) {
    case 'eol':
      return text('end of options', '选项结束');
    case 'nop':
      return text('no operation', '空操作');
    case 'mss':
      return text('maximum segment size', '最大报文段长度');
    case 'wscale':
      return text('window scale', '窗口缩放');
    case 'sackOK':
      return text('SACK permitted', '允许 SACK');
    case 'sack':
      return text('SACK blocks', 'SACK 块');
    case 'timestamps':
      return text('timestamps', '时间戳');
    case 'fastOpen':
      return text('TCP Fast Open', 'TCP 快速打开');
    case 'userTimeout':
      return text('user timeout', '用户超时');
    case 'unknown':
      return text(`option of kind ${option.code}`, `类型 ${option.code} 的选项`);
    case 'raw':
      return text('odd byte', '多余字节');
  }
};

const onlyInSyn = text('counts in a SYN only: here it means nothing', '只在 SYN 中有效，在此没有意义');

const meaningOf = (option: TcpOption, { flags, ack }: TcpSegment, version: 4 | 6): Text => {
  const inSyn = (flags & TcpFlag.SYN) !== 0;
  switch (option.kind) {
    case 'eol':
      return text('what follows only fills the last 32-bit word', '其后只是填满最后一个 32 位字');
    case 'nop':
      return text('fills up, so that what follows is aligned', '填充，使后面的选项对齐');
    case 'mss':
      return inSyn ? mssMeaning(option.mss, version) : onlyInSyn;
    case 'wscale':
      return inSyn ? wscaleMeaning(option.shift) : onlyInSyn;
    case 'sackOK':
      if (!inSyn) return onlyInSyn;
      return text('it understands selective acknowledgments (RFC 2018)', '它理解选择性确认（RFC 2018）');
    case 'sack':
      return sackMeaning(option.blocks, ack);
    case 'timestamps':
      return timestampsMeaning(option.echo, flags);
    case 'fastOpen':
      return option.cookie.length === 0
        ? text(
            'asks for a cookie, so as to send data in a SYN next time (RFC 7413)',
            '请求 cookie，以便下次在 SYN 中携带数据（RFC 7413）',
          )
        : text('the cookie that allows data in a SYN (RFC 7413)', '允许在 SYN 中携带数据的 cookie（RFC 7413）');
    case 'userTimeout':
      return text('how long data may stay unacknowledged (RFC 5482)', '数据可以多久不被确认（RFC 5482）');
    case 'unknown':
      if (option.length !== undefined)
        return text(
          `says it is ${count(option.length, 'byte')} long, which cannot be: nothing behind it can be read`,
          `自称长 ${option.length} 字节，这不可能：其后无法读取`,
        );
      return names.get(option.code) ?? text('not known here', '此处不识别');
    case 'raw':
      return text('no room is left for a length', '没有余地容纳长度字节');
  }
};

/** Whether an option is one that no TCP would send. */
const isBroken = (option: TcpOption): boolean =>
  option.kind === 'raw' || (option.kind === 'unknown' && option.length !== undefined);

/** The options that lie in `[offset, end)` of the frame. */
export const tcpOptionFields = (segment: TcpSegment, version: 4 | 6, offset: number, end: number): Field[] => {
  let at = offset;
  return segment.options.map((option) => {
    // The zeros that fill the header up belong to the end of the list.
    const size = option.kind === 'eol' ? end - at : tcpOptionsLength([option]);
    const field: Field = {
      name: nameOf(option),
      offset: at,
      size,
      value: formatOption(option),
      meaning: joined([meaningOf(option, segment, version), lengthNote(option, size)]),
      ok: isBroken(option) ? false : undefined,
    };
    at += size;
    return field;
  });
};

/** What stands in its first two bytes. */
const lengthNote = (option: TcpOption, size: number): Text => {
  const kind = kindOf(option);
  if (kind === undefined) return same('');
  return text(`(kind ${kind}, length ${size})`, `（类型 ${kind}，长度 ${size}）`);
};

/** The kind byte of those that have a length; undefined where the text says it already, or there is none. */
const kindOf = (option: TcpOption): number | undefined => {
  switch (option.kind) {
    case 'mss':
      return TcpOptionKind.MSS;
    case 'wscale':
      return TcpOptionKind.WSCALE;
    case 'sackOK':
      return TcpOptionKind.SACK_OK;
    case 'sack':
      return TcpOptionKind.SACK;
    case 'timestamps':
      return TcpOptionKind.TIMESTAMPS;
    case 'fastOpen':
      return option.experimental === true ? TcpOptionKind.EXPERIMENT_2 : TcpOptionKind.FAST_OPEN;
    case 'userTimeout':
      return TcpOptionKind.USER_TIMEOUT;
    case 'unknown':
      return option.length === undefined ? option.code : undefined;
    case 'eol':
    case 'nop':
    case 'raw':
      return undefined;
  }
};
