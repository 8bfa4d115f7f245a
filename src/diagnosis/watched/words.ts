/** The words of what is said of a host that is watched, in English and Chinese. */
import type { Text } from '../../error.js';
import { endpoint, type Flow } from '../../wire/flow.js';
import type { ListenerBeside } from './case.js';

export const asText = (both: string): Text => ({ en: both, zh: both });

export const near = ({ src, srcPort }: Flow): string => endpoint(src, srcPort);
export const far = ({ dst, dstPort }: Flow): string => endpoint(dst, dstPort);

export const joined = (...texts: readonly (Text | undefined)[]): Text | undefined => {
  const told = texts.filter((text) => text !== undefined);
  return told.length === 0
    ? undefined
    : { en: told.map(({ en }) => en).join(' '), zh: told.map(({ zh }) => zh).join('') };
};

export const REFUSED_HERE = (flow: Flow): Text => ({
  en: `REFUSED here: no socket listens on ${near(flow)}`,
  zh: `在本机被拒绝：没有套接字监听 ${near(flow)}`,
});

export function besideWords(listeners: readonly ListenerBeside[]): Text | undefined {
  const told = listeners.map(({ address, port, program }) => ({
    at: endpoint(address, port),
    en: program === undefined ? '' : ` (${program})`,
    zh: program === undefined ? '' : `（${program}）`,
  }));
  if (told.length === 0) return undefined;
  return {
    en: `There is a listener on ${told.map(({ at, en }) => at + en).join(', ')}, which is another address.`,
    zh: `有套接字监听 ${told.map(({ at, zh }) => at + zh).join('、')}，那是另一个地址。`,
  };
}

export const REJECTED_HERE: Text = {
  en: "REJECTED by a rule of this host's firewall, in the name of the socket",
  zh: '被本机防火墙规则以套接字的名义拒绝',
};

export const REJECTED_BY_ICMP = (flow: Flow): Text => ({
  en: `REJECTED by a rule of this host's firewall, by ICMP: what is for ${far(flow)}`,
  zh: `被本机防火墙规则以 ICMP 拒绝：发往 ${far(flow)} 的报文`,
});

export const OWN_KERNEL: Text = {
  en: "RESET by this host's own kernel: the SYN was made by hand, and no socket owns the connection",
  zh: '被本机自己的内核复位 RESET：SYN 是手工构造的，没有套接字拥有该连接',
};

export const OWN_KERNEL_BECAUSE: Text = {
  en: 'a kernel answers every TCP segment that no socket owns with RST (RFC 9293 §3.10.7.1), before the program has read the SYN/ACK.',
  zh: '凡是没有套接字拥有的 TCP 报文段，内核一律回以 RST（RFC 9293 §3.10.7.1），程序还没读到 SYN/ACK，RST 就已发出。',
};

export const NO_CONNECTION: Text = {
  en: 'RESET of what belongs to no connection here (any more)',
  zh: '复位：该报文段不属于（或不再属于）本机的任何连接',
};

export const UNEXPECTED_ACK: Text = {
  en: 'RESET by a listener of this host: the segment acknowledges what it has never sent',
  zh: '被本机的监听套接字复位：该报文段确认了它从未发送过的内容',
};

export const UNEXPECTED_ACK_BECAUSE: Text = {
  en: 'the handshake had been forgotten by then, or the acknowledgment number is wrong (RFC 9293 §3.10.7.2).',
  zh: '握手那时已被忘掉，或者确认号不对（RFC 9293 §3.10.7.2）。',
};

export const QUEUE_OVERFLOW: Text = {
  en: 'RESET by this host: its listener gave up a half-open connection, as it does where the accept queue is full',
  zh: '被本机复位：监听套接字放弃了半开连接，accept 队列已满时即会如此',
};

export const QUEUE_ADVICE = 'sysctl net.ipv4.tcp_abort_on_overflow; ss -ltn; nstat -az TcpExtListenOverflows';

export const UNREAD_DATA = (program: string): Text => ({
  en: `RESET: ${program} closed the socket before it had read all that had come in`,
  zh: `复位：${program} 在读完已到的数据之前关闭了套接字`,
});

export const PROGRAM_RESET = (program: string): Text => ({
  en: `RESET: ${program} aborted the connection (SO_LINGER 0, or a disconnect)`,
  zh: `复位：${program} 主动中止了连接（SO_LINGER 0 或断开）`,
});

export const KERNEL_RESET = (reason: string): Text => ({
  en: `RESET by this host's kernel, for a socket: ${reason}`,
  zh: `被本机内核复位，代套接字：${reason}`,
});

export const DATA_AFTER_CLOSE: Text = {
  en: 'RESET of data that came after the program had closed its socket',
  zh: '复位：程序关闭套接字之后又有数据到达',
};

export const BY_HAND = (program: string): Text => ({
  en: `RESET made by hand, by ${program}`,
  zh: `由${program}手工构造的 RST`,
});

export const UNEXPLAINED: Text = { en: 'RESET from this host, by whom is not known', zh: '本机发出 RST，由谁发出未知' };

export const UNEXPLAINED_OF_KERNEL: Text = {
  en: "RESET by this host's kernel, why is not known",
  zh: '被本机内核复位，原因未知',
};

export const REFUSED_THERE = (flow: Flow): Text => ({
  en: `REFUSED by ${near(flow)}: no socket there, or a firewall`,
  zh: `被 ${near(flow)} 拒绝：对方没有套接字，或有防火墙`,
});

export const RESET_THERE = (flow: Flow): Text => ({
  en: `RESET by ${near(flow)}`,
  zh: `被 ${near(flow)} 复位 RESET`,
});

export const NO_ANSWER_FROM = (flow: Flow, count: number): Text => ({
  en: `NO ANSWER from ${far(flow)} to ${count} SYNs`,
  zh: `${far(flow)} 没有应答 ${count} 个 SYN`,
});

export const NO_ANSWER_HERE = (flow: Flow, count: number): Text => ({
  en: `NO ANSWER of this host to ${count} SYNs for ${far(flow)}`,
  zh: `本机没有应答发往 ${far(flow)} 的 ${count} 个 SYN`,
});

export const DAMAGED: Text = {
  en: 'its TCP checksum is wrong: whoever receives it drops it without a word.',
  zh: '其 TCP 校验和错误：接收方直接丢弃，不作应答。',
};

export const DROPPED_BY_RULE: Text = {
  en: 'a rule of this host dropped it, each time that it came in.',
  zh: '每次到达时，都被本机的规则丢弃。',
};

export const HALF_OPEN_HERE = (flow: Flow, count: number): Text => ({
  en: `HALF-OPEN: ${count} SYN/ACKs of ${near(flow)} were not acknowledged`,
  zh: `半开 HALF-OPEN：${near(flow)} 的 ${count} 个 SYN/ACK 没有得到确认`,
});

export const QUEUE_FULL = (waiting: number, most: number): Text => ({
  en: `the accept queue of its listener is full (${waiting} wait, ${most} may): what comes for it is dropped. The program does not call accept() fast enough.`,
  zh: `监听套接字的 accept 队列已满（${waiting} 个在等待，上限 ${most}），到达的报文被丢弃：程序调用 accept() 不够快。`,
});

export const UNREACHABLE = (from: string, flow: Flow, why: Text): Text => ({
  en: `UNREACHABLE: ${from} says of ${far(flow)}: ${why.en}`,
  zh: `不可达：${from} 报告 ${far(flow)} ${why.zh}`,
});

export const PORT_UNREACHABLE: Text = {
  en: 'nothing at that port, or a rule that rejects: at a closed port a kernel answers TCP by RST.',
  zh: '端口不可达，或有规则拒绝：对于已关闭的端口，内核以 RST 应答 TCP。',
};
