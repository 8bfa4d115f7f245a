/** Packets that reach the interface and not the raw socket: this host's own packet filter stands between the two. netfilter, INPUT. */
import type { TraceEntry } from '../driver/trace.js';
import type { Obstacle } from '../evidence/connection.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { Millis } from '../tcp/types.js';

export class Unheard {
  #heardAt = -Infinity;
  #heard = 0;
  /** When packets of the other side passed the interface, behind the last one that was heard. */
  #seenAt: Millis[] = [];
  #listening = true;

  hear(entry: TraceEntry): void {
    const isPacket = entry.type === 'received' || (entry.type === 'dropped' && entry.packet !== undefined);
    if (!isPacket) return;
    this.#heard += 1;
    this.#heardAt = entry.at;
    this.#seenAt = this.#seenAt.filter((at) => at > this.#heardAt);
  }

  readonly observe = ({ from, at }: ObservedPacket): void => {
    if (this.#listening && from === 'server' && at > this.#heardAt) this.#seenAt.push(at);
  };

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
    en: `the other side answers: ${count} packet${count === 1 ? '' : 's'} came in by the interface, and the firewall of this host dropped ${count === 1 ? 'it' : 'them'}`,
    zh: `对方有应答：接口收到 ${count} 个数据包，但被本机的防火墙丢弃`,
  },
  hint: {
    en: 'Look at its rules: iptables -L INPUT (IPv6: ip6tables -L INPUT), or nft list ruleset; --transport packet receives before it',
    zh: '请查看其规则：iptables -L INPUT（IPv6：ip6tables -L INPUT），或 nft list ruleset；--transport packet 在防火墙之前接收',
  },
});
