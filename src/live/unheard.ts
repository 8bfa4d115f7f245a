/**
 * Answers that reach the interface and not the raw socket: this host's own packet filter stands between the two, or the check
 * whether the way back is that interface. netfilter, INPUT; fib_validate_source().
 */
import type { TraceEntry } from '../driver/trace.js';
import type { Obstacle } from '../evidence/connection.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import type { Millis } from '../tcp/types.js';
import { parsePacket, type Seq, TcpFlag, type TcpSegment } from '../wire/index.js';
import { seqGt, seqLe } from '../wire/seq.js';

export class Unheard {
  /** Of what was sent: its first number, and the one behind its last. */
  #sent: { readonly iss: Seq; end: Seq } | undefined;
  #heardAt = -Infinity;
  #heard = 0;
  /** When packets of the other side passed the interface, behind the last one that was heard. */
  #seenAt: Millis[] = [];
  #listening = true;

  hear(entry: TraceEntry): void {
    if (entry.type === 'sent') this.#note(entry.packet);
    const isPacket = entry.type === 'received' || (entry.type === 'dropped' && entry.packet !== undefined);
    if (!isPacket) return;
    this.#heard += 1;
    this.#heardAt = entry.at;
    this.#seenAt = this.#seenAt.filter((at) => at > this.#heardAt);
  }

  readonly observe = ({ from, at, segment }: ObservedPacket): void => {
    if (this.#listening && from === 'server' && at > this.#heardAt && this.#answers(segment)) this.#seenAt.push(at);
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
    const count = this.#seenAt.length;
    return count > (this.#heard === 0 ? 0 : 1) ? takenByFirewall(count) : undefined;
  }
}

const takenByFirewall = (count: number): Obstacle => ({
  why: {
    en: `the other side answers: ${count} packet${count === 1 ? '' : 's'} came in by the interface, and the firewall of this host dropped ${count === 1 ? 'it' : 'them'}, or its reverse-path filter`,
    zh: `对方有应答：接口收到 ${count} 个数据包，但被本机的防火墙或反向路径过滤丢弃`,
  },
  hint: {
    en: 'Look at its rules: iptables -L INPUT (IPv6: ip6tables -L INPUT), or nft list ruleset; for the other: nstat -az TcpExtIPReversePathFilter, sysctl net.ipv4.conf.all.rp_filter; --transport packet receives before both',
    zh: '请查看其规则：iptables -L INPUT（IPv6：ip6tables -L INPUT），或 nft list ruleset；反向路径过滤：nstat -az TcpExtIPReversePathFilter，sysctl net.ipv4.conf.all.rp_filter；--transport packet 在两者之前接收',
  },
});
