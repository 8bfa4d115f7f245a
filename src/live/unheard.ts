/**
 * Answers that reach the interface and not the raw socket: this host's own packet filter stands between the two, or the check
 * whether the way back is that interface (netfilter, INPUT; fib_validate_source()), or its IP refuses what
 * their headers say, or they are damaged.
 */
import { optionsObjection } from '../driver/ip-header.js';
import type { TraceEntry } from '../driver/trace.js';
import type { Text } from '../error.js';
import type { Obstacle } from '../evidence/connection.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import type { Millis } from '../tcp/types.js';
import { type Packet, parsePacket, type Seq, TcpFlag, type TcpSegment } from '../wire/index.js';
import { seqGt, seqLe } from '../wire/seq.js';

/** Whoever sends more of them makes no more known by it. */
export const MOST_SEEN = 1000;

/** A packet of the other side that has passed the interface. */
export interface Seen {
  readonly at: Millis;
  readonly isDamaged: boolean;
  /** Why IP refuses it. */
  readonly refused: string | undefined;
}

export const seenAs = (at: Millis, packet: Packet, segment: TcpSegment): Seen => ({
  at,
  isDamaged: isDamaged(packet, segment),
  refused: optionsObjection(packet),
});

/** What has taken them, where they are more than `few`. */
export function obstacleOf(seen: readonly Seen[], few: number): Obstacle | undefined {
  const damaged = seen.filter(({ isDamaged }) => isDamaged).length;
  const refused = seen.flatMap(({ isDamaged, refused }) => (isDamaged ? [] : (refused ?? [])));
  const sound = seen.length - damaged - refused.length;
  if (sound > few) return takenByFirewall(sound);
  if (refused[0] !== undefined && refused.length > few) return refusedByIp(refused.length, refused[0]);
  return damaged > few ? droppedAsDamaged(damaged) : undefined;
}

export class Unheard {
  /** Of what was sent: its first number, and the one behind its last. */
  #sent: { readonly iss: Seq; end: Seq } | undefined;
  #heardAt = -Infinity;
  #heard = 0;
  /** The packets of the other side that passed the interface behind the last one that was heard. */
  #seen: Seen[] = [];
  #listening = true;

  hear(entry: TraceEntry): void {
    if (entry.type === 'sent') this.#note(entry.packet);
    const isPacket = entry.type === 'received' || (entry.type === 'dropped' && entry.packet !== undefined);
    if (!isPacket) return;
    this.#heard += 1;
    this.#heardAt = entry.at;
    this.#seen = this.#seen.filter(({ at }) => at > this.#heardAt);
  }

  readonly observe = ({ from, at, packet, segment }: ObservedPacket): void => {
    if (this.#seen.length === MOST_SEEN) return;
    if (this.#listening && from === 'server' && at > this.#heardAt && this.#answers(segment))
      this.#seen.push(seenAs(at, packet, segment));
  };

  #note(packet: Uint8Array): void {
    const parsed = parsePacket(packet);
    if (!parsed.ok || parsed.value.tcp === undefined) return;
    const { seq } = parsed.value.tcp;
    const end = sequenceEnd(parsed.value.tcp);
    this.#sent ??= { iss: seq, end };
    if (seqGt(end, this.#sent.end)) this.#sent.end = end;
  }

  /** Whether it acknowledges what was sent: anybody can send anything else. */
  #answers({ ack, flags }: TcpSegment): boolean {
    const sent = this.#sent;
    return sent !== undefined && (flags & TcpFlag.ACK) !== 0 && seqGt(ack, sent.iss) && seqLe(ack, sent.end);
  }

  /** Nobody listens any more: what comes now is not heard for that. */
  stop(): void {
    this.#listening = false;
  }

  /** One that is not heard may have met a full queue; where nothing was ever heard, one is enough. */
  obstacle(): Obstacle | undefined {
    return obstacleOf(this.#seen, this.#heard === 0 ? 0 : 1);
  }
}

const counted = (count: number): Text => ({
  en: `${count} packet${count === 1 ? '' : 's'}${count === MOST_SEEN ? ' or more' : ''}`,
  zh: `${count === MOST_SEEN ? '至少 ' : ''}${count} 个`,
});

/** What the kernel drops unseen. ip_rcv_core(), tcp_checksum_complete(). */
const isDamaged = ({ ip }: Packet, { checksumOk }: TcpSegment): boolean =>
  !checksumOk || (ip.version === 4 && !ip.checksumOk);

const droppedAsDamaged = (count: number): Obstacle => ({
  why: {
    en: `the other side answers, but damaged: ${counted(count).en} came in with a wrong checksum, and this host dropped ${count === 1 ? 'it' : 'them'}`,
    zh: `对方有应答，但已损坏：收到 ${counted(count).zh}校验和错误的数据包，被本机丢弃`,
  },
  hint: {
    en: 'Something on the way, or the other side, writes wrong checksums: a NAT, a virtual switch, a network card; this host counts them: nstat -az IpExtInCsumErrors TcpInCsumErrors',
    zh: '途中的设备或对方写入了错误的校验和：NAT、虚拟交换机或网卡；本机的计数：nstat -az IpExtInCsumErrors TcpInCsumErrors',
  },
});

const refusedByIp = (count: number, why: string): Obstacle => ({
  why: {
    en: `the other side answers, but with IP headers that Linux refuses (${why}): ${count} packet${count === 1 ? '' : 's'} came in, and this host dropped ${count === 1 ? 'it' : 'them'}`,
    zh: `对方有应答，但其 IP 首部为 Linux 所拒绝（${why}）：收到 ${count} 个数据包，被本机丢弃`,
  },
  hint: {
    en: 'Something on the way, or the other side, writes such options or extension headers; this host counts them: nstat -az IpInHdrErrors Ip6InHdrErrors',
    zh: '途中的设备或对方写入了这样的选项或扩展首部；本机的计数：nstat -az IpInHdrErrors Ip6InHdrErrors',
  },
});

const takenByFirewall = (count: number): Obstacle => ({
  why: {
    en: `the other side answers: ${counted(count).en} came in by the interface, and the firewall of this host dropped ${count === 1 ? 'it' : 'them'}, or its reverse-path filter`,
    zh: `对方有应答：接口收到 ${counted(count).zh}数据包，但被本机的防火墙或反向路径过滤丢弃`,
  },
  hint: {
    en: 'Look at its rules: iptables -L INPUT (IPv6: ip6tables -L INPUT), or nft list ruleset; for the other: nstat -az TcpExtIPReversePathFilter, sysctl net.ipv4.conf.all.rp_filter; --transport packet receives before both',
    zh: '请查看其规则：iptables -L INPUT（IPv6：ip6tables -L INPUT），或 nft list ruleset；反向路径过滤：nstat -az TcpExtIPReversePathFilter，sysctl net.ipv4.conf.all.rp_filter；--transport packet 在两者之前接收',
  },
});
