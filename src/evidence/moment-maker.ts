/** Makes moments of what was seen, one by one in the order of time: of a finished run as of one that is under way. */
import type { Scene } from './evidence.js';
import type { HostName } from './host.js';
import type { KernelEvent, SystemCall } from './kernel-event.js';
import type { Lookup } from './lookup.js';
import type { Moment, MomentOf } from './moment.js';
import type { ObservedPacket } from './packet.js';
import { RelativeNumbers } from './relative-numbers.js';

/** What somebody saw, and when: monotonic milliseconds. */
export type Seen =
  | { readonly type: 'scene'; readonly atMs: number; readonly scene: Scene }
  | { readonly type: 'lookup'; readonly atMs: number; readonly lookup: Lookup }
  | { readonly type: 'packet'; readonly atMs: number; readonly packet: ObservedPacket }
  | { readonly type: 'event'; readonly atMs: number; readonly event: KernelEvent }
  | { readonly type: 'call'; readonly atMs: number; readonly call: SystemCall };

export const seenScene = (scene: Scene): Seen => ({ type: 'scene', atMs: scene.atMs, scene });
export const seenLookup = (lookup: Lookup): Seen => ({ type: 'lookup', atMs: lookup.atMs, lookup });
export const seenPacket = (packet: ObservedPacket): Seen => ({ type: 'packet', atMs: packet.at, packet });
export const seenEvent = (event: KernelEvent): Seen => ({ type: 'event', atMs: event.atMs, event });
export const seenCall = (call: SystemCall): Seen => ({ type: 'call', atMs: call.atMs, call });

/** At the same moment: the heading first, then what was asked, what passed, and what the kernel said of it. */
const AT_ONCE: Readonly<Record<Seen['type'], number>> = { scene: 0, lookup: 1, packet: 2, event: 3, call: 4 };

/** For `sort`. */
export const byTime = (one: Seen, other: Seen): number =>
  one.atMs - other.atMs || AT_ONCE[one.type] - AT_ONCE[other.type];

/** RSTs that a kernel has made, of which the segment that each answers is not freed yet. */
const MOST_ANSWERED = 4096;

/** In constant memory. */
export class MomentMaker {
  readonly #numbers = new RelativeNumbers();
  /** Of each host those that it was seen with. */
  readonly #ports = new Map<HostName, Set<number>>();
  readonly #remotePorts = new Set<number>();
  readonly #answered = new Set<string>();

  /** @param startMs what its moments' `ms` count from */
  constructor(readonly startMs: number) {}

  /** Takes note of the ports that are to be told apart, where there is more than one: those of all that `make` was given, too. */
  expect(seen: Seen): void {
    if (seen.type === 'lookup') this.#remotePorts.add(seen.lookup.dstPort);
    if (seen.type !== 'packet') return;
    const { from, to, segment } = seen.packet;
    this.#portsOf(from).add(segment.srcPort);
    this.#portsOf(to).add(segment.dstPort);
  }

  /** To be given all in the order of time. */
  make(seen: Seen): Moment {
    this.expect(seen);
    const ms = seen.atMs - this.startMs;
    switch (seen.type) {
      case 'scene':
        return { type: 'scene', ms, isTelling: true, title: seen.scene.title };
      case 'lookup':
        return { type: 'lookup', ms, isTelling: true, lookup: seen.lookup, tellRemotePort: this.#remotePorts.size > 1 };
      case 'packet':
        return this.packet(seen.packet);
      case 'event': {
        const { event } = seen;
        const port = this.#manyPorts ? this.#ownPort(event) : undefined;
        return { type: 'event', ms, isTelling: this.#isNew(event), event, ...(port !== undefined && { port }) };
      }
      case 'call':
        return { type: 'call', ms, isTelling: seen.call.host !== undefined, call: seen.call };
    }
  }

  packet(packet: ObservedPacket): MomentOf<'packet'> {
    const { at, from, to, segment } = packet;
    const { srcPort, dstPort } = segment;
    const { src, dst } = packet.packet.ip;
    const toItself = from === to;
    return {
      ...{ type: 'packet', ms: at - this.startMs, isTelling: true, packet },
      numbers: this.#numbers.of(segment, { src, srcPort, dst, dstPort }, 0),
      ...((toItself || this.#portsOf(from).size > 1) && { fromPort: srcPort }),
      ...((toItself || this.#portsOf(to).size > 1) && { toPort: dstPort }),
    };
  }

  #portsOf(host: HostName): Set<number> {
    const known = this.#ports.get(host) ?? new Set();
    this.#ports.set(host, known);
    return known;
  }

  get #manyPorts(): boolean {
    return [...this.#ports.values()].some(({ size }) => size > 1);
  }

  /** The port of the event's own host: of its two, the one that the host was seen with. */
  #ownPort({ host, srcPort, dstPort }: KernelEvent): number | undefined {
    return [srcPort, dstPort].find((port) => port !== undefined && this.#portsOf(host).has(port));
  }

  /** The kernel says twice that it refuses a segment: as it makes the RST, and as it frees what it answers. Once will do. */
  #isNew({ event, skb }: KernelEvent): boolean {
    if (skb === undefined) return true;
    if (event === 'kfree_skb') return !this.#answered.delete(skb);
    if (event === 'tcp_send_reset') this.#answered.add(skb);
    const [oldest] = this.#answered;
    if (this.#answered.size > MOST_ANSWERED && oldest !== undefined) this.#answered.delete(oldest);
    return true;
  }
}
