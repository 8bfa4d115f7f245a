/** What is said of each moment of a run, in English and Chinese: the same in every report. */
import type { Text } from '../error.js';
import { type Host, hostNamed, type HostName } from '../evidence/host.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import { formatSegment } from '../wire/index.js';
import { grouped } from './grouped.js';
import { segmentName } from './segment-name.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { isByHand } from '../evidence/packet.js';
import { kernelOf } from './words.js';

/** In full, and for lines that do not hold it in fewer words. */
export type Versions = readonly [Text, ...Text[]];

/** Of all that is no packet: `client's kernel: no socket owns :41000`. */
export function momentWords(moment: Exclude<Moment, { type: 'packet' }>, hosts: readonly Host[]): Versions {
  const senderOf = (host: HostName): Text => kernelOf(hostNamed(hosts, host));
  switch (moment.type) {
    case 'scene':
      return [moment.title];
    case 'dropped':
      return [DROPPED];
    case 'adopted': {
      const { en, zh } = senderOf(moment.host);
      return [{ en: `${en} adopts it`, zh: `${zh}接管连接` }];
    }
    case 'lookup':
      return [says(senderOf(moment.lookup.host), '', answerWords(moment))];
    case 'event': {
      const { event, port } = moment;
      const [full, ...shorter] = deedWords(event);
      const said = (words: Text): Text => says(senderOf(event.host), port === undefined ? '' : ` :${port}`, words);
      return [said(full), ...shorter.map(said)];
    }
    case 'bulk':
      return [bulkWords(moment)];
    case 'left-out':
      return [leftOutWords(moment)];
    case 'call': {
      const { name, result, host, program, error = result } = moment.call;
      const call = `${name}()${error === undefined ? '' : ` = ${error}`}`;
      if (host === undefined) return [same(call)];
      const { en, zh } = hostNamed(hosts, host).title;
      return [
        { en: `${program} on the ${en}: ${call}`, zh: `${zh}上的 ${program}：${call}` },
        same(`${program}: ${call}`),
      ];
    }
  }
}

/** In full. */
export const wordsOf = (moment: Exclude<Moment, { type: 'packet' }>, hosts: readonly Host[]): Text =>
  momentWords(moment, hosts)[0];

/** `SYN/ACK`, `"hello"`, `SYN, wrong checksum`: of those made by hand; a kernel's may be unfinished where it was seen. */
export function packetName({ packet }: MomentOf<'packet'>): Text {
  const { segment } = packet;
  const name = segmentName(segment);
  return isByHand(packet) && !segment.checksumOk
    ? { en: `${name}, wrong checksum`, zh: `${name}，校验和错误` }
    : same(name);
}

/** `:41000 → :8888`, or nothing. */
export const portsText = ({ fromPort, toPort }: MomentOf<'packet'>): string =>
  fromPort === undefined && toPort === undefined
    ? ''
    : [fromPort, toPort]
        .map((port) => (port === undefined ? '' : `:${port}`))
        .join(' → ')
        .trim();

/** `0:0(0) ack 1`, in packetdrill's notation, relative to where each side began. */
export const numbersText = ({ packet: { segment }, numbers }: MomentOf<'packet'>): string =>
  / (\S+:\S+\(\d+\)(?: ack \d+)?)/.exec(formatSegment(segment, numbers))?.[1] ?? '';

/** `why`: the machine's own words. */
const ignoredWords = (why: string): Text => ({ en: `ignored: ${why}`, zh: `已忽略：${why}` });

/** What is remarked on a packet, below it. */
export function remarkOf({ packet }: MomentOf<'packet'>, hosts: readonly Host[]): Text | undefined {
  const { ignored, retransmission, droppedAt } = packet;
  if (ignored !== undefined) return ignoredWords(ignored);
  if (droppedAt !== undefined) return droppedWords(hostNamed(hosts, droppedAt));
  return retransmission === undefined ? undefined : SENT_AGAIN;
}

/** Whether there is one. */
export const isRemarked = ({ packet: { ignored, retransmission, droppedAt } }: MomentOf<'packet'>): boolean =>
  ignored !== undefined || retransmission !== undefined || droppedAt !== undefined;

const droppedWords = ({ title: { en, zh } }: Host): Text => ({ en: `dropped by ${en}`, zh: `被${zh}丢弃` });

const SENT_AGAIN: Text = { en: 'sent again: it was not acknowledged', zh: '重传：未得到确认' };

export const TO_ITSELF: Text = { en: 'to itself', zh: '发给自己' };

const DROPPED: Text = { en: 'dropped by the rule', zh: '被规则丢弃' };

const same = (text: string): Text => ({ en: text, zh: text });

const says = (kernel: Text, at: string, { en, zh }: Text): Text => ({
  en: `${kernel.en}${at}: ${en}`,
  zh: `${kernel.zh}${at}：${zh}`,
});

/** What a look-up's answer means, for one who has never seen a socket table. */
function answerWords({ lookup: { owner, srcPort, dstPort }, gone, tellRemotePort }: MomentOf<'lookup'>): Text {
  if (gone === 'half-open') return { en: 'LISTEN, half-open entry gone', zh: 'LISTEN，半开连接已被忘掉' };
  if (gone === 'closed') return { en: 'LISTEN, connection closed', zh: 'LISTEN，连接已关闭' };
  const [en, zh] = tellRemotePort ? [` (from :${dstPort})`, `（来自 :${dstPort}）`] : ['', ''];
  return owner === 'none'
    ? { en: `no socket owns :${srcPort}${en}`, zh: `没有套接字拥有 :${srcPort}${zh}` }
    : { en: `${owner} on :${srcPort}${en}`, zh: `:${srcPort}${zh} 上是 ${owner}` };
}

function bulkWords({ segments, bytes }: MomentOf<'bulk'>): Text {
  const [count, size] = [grouped(segments), grouped(bytes)];
  return {
    en: `… ${count} segment${plural(segments)}, ${size} byte${plural(bytes)} …`,
    zh: `… ${count} 个报文段，${size} 字节 …`,
  };
}

const plural = (count: number): string => (count === 1 ? '' : 's');

function leftOutWords({ packets, others = 0 }: MomentOf<'left-out'>): Text {
  const [count, more] = [grouped(packets), grouped(others)];
  const [ofCount, ofMore] = [plural(packets), plural(others)];
  if (others === 0) return { en: `… ${count} packet${ofCount} left out …`, zh: `… 省略 ${count} 个数据包 …` };
  if (packets === 0) return { en: `… ${more} moment${ofMore} left out …`, zh: `… 省略 ${more} 个时刻 …` };
  return {
    en: `… ${count} packet${ofCount} and ${more} other moment${ofMore} left out …`,
    zh: `… 省略 ${count} 个数据包和 ${more} 个其他时刻 …`,
  };
}

/** What it did, and by the kernel's own name: `makes a RST: tcp_send_reset reason=NO_SOCKET`. */
export function deedWords(event: KernelEvent): Versions {
  const { event: name, reason, function: place, oldState, newState } = event;
  if (name === 'inet_sock_set_state') return [same(`${oldState ?? '?'} → ${newState ?? '?'}`)];
  const { en, zh } = DEEDS[name];
  const where = place === undefined || name !== 'kfree_skb' ? ['', ''] : [` in ${place}`, `（${place}）`];
  const own = reason === undefined ? name : `${name} reason=${reason}`;
  const full: Text = { en: `${en}${where[0]}: ${own}`, zh: `${zh}${where[1]}：${own}` };
  if (reason === undefined) return [full, same(own)];
  return [full, same(own), same(`${name} ${reason}`), same(name === 'tcp_send_reset' ? `RST ${reason}` : reason)];
}

const DEEDS: Readonly<Record<Exclude<KernelEvent['event'], 'inet_sock_set_state'>, Text>> = {
  tcp_send_reset: { en: 'makes a RST', zh: '产生 RST' },
  tcp_receive_reset: { en: 'its socket is reset', zh: '套接字被复位' },
  kfree_skb: { en: 'throws a packet away', zh: '丢弃一个包' },
  tcp_bad_csum: { en: 'finds the checksum wrong', zh: '发现校验和错误' },
  tcp_retransmit_skb: { en: 'sends a segment again', zh: '重传一个报文段' },
  tcp_retransmit_synack: { en: 'sends its SYN/ACK again', zh: '重传 SYN/ACK' },
};
