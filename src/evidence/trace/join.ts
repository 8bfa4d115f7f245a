/** Joins what a kernel's trace says to the hosts of a lab, and leaves out what happened elsewhere on the machine. */
import type { Flow } from '../../wire/flow.js';
import type { HostName } from '../host.js';
import type { KernelEvent, KernelEventName } from '../kernel-event.js';
import type { ObservedPacket } from '../packet.js';
import { droppedAtTheDoor } from './at-the-door.js';
import { type Fields, fieldsOf, flowOf, functionOf, identity, reversed, stateOf } from './fields.js';
import { Arrivals, LONGEST_SOFTIRQ_MS, type OwnedRecord } from './owner.js';
import type { TraceRecord } from './record.js';
import type { TraceScene } from './scene.js';
import { flowOfPacket, SeenPackets } from './seen-packets.js';
import { resetCaller, stackOf } from './stack.js';

const RETRANSMISSIONS: readonly string[] = ['tcp_retransmit_skb', 'tcp_retransmit_synack'];
const NETFILTER_DROP = 'NETFILTER_DROP';

/** In the order of time. */
export const joinKernelEvents = (records: readonly TraceRecord[], scene: TraceScene): readonly KernelEvent[] =>
  new KernelJoin(scene).take(records);

/** The same piece by piece: for each record the scene is to have the packets of its moment, and the threads that serve soft interrupts. */
export class KernelJoin {
  readonly #arrivals = new Arrivals();
  readonly #packets = new PacketsInHand();
  readonly #whose: Ownership;

  constructor(private readonly scene: TraceScene) {
    this.#whose = new Ownership(scene);
  }

  /** Each once, in the order of time. */
  take(records: readonly TraceRecord[]): readonly KernelEvent[] {
    return records.flatMap((record) => {
      const owned = this.#arrivals.of(record);
      return owned === undefined ? [] : this.#joined(owned);
    });
  }

  #joined(owned: OwnedRecord): readonly KernelEvent[] {
    const { scene } = this;
    const { record } = owned;
    if (record.atMs < scene.fromMs || record.atMs > scene.untilMs) return [];
    const { event, fields, flow } = this.#packets.understand(owned);
    if (event === undefined) return [];
    const atTheDoor =
      fields['reason'] === NETFILTER_DROP && flow.srcPort === undefined ? droppedAtTheDoor(owned, scene) : undefined;
    if (atTheDoor !== undefined) return [kernelEvent(record, event, atTheDoor.to, fields, flowOfPacket(atTheDoor))];
    const host = this.#whose.hostOf(owned, flow, event, fields);
    if (host === undefined) return [];
    return [kernelEvent(record, event, host, fields, completed(flow, owned, host, scene))].filter(isTelling);
  }
}

/** A segment that is answered with a RST. */
interface Answered {
  readonly skb: string | undefined;
  readonly reset: Partial<Flow>;
  readonly arrival: OwnedRecord['arrival'];
  readonly pid: number;
  readonly atMs: number;
}

/** Follows packets by their identity, for `kfree_skb` tells no addresses. */
class PacketsInHand {
  /** Packets that a RST answers, or whose checksum was wrong: their own direction. */
  readonly #flows = new Map<string, { readonly flow: Partial<Flow>; readonly atMs: number }>();
  /** The segment that each processor is answering with a RST, and the RST's flow, until that segment is let go. */
  readonly #answered = new Map<number, Answered>();

  understand(owned: OwnedRecord): { event?: KernelEventName; fields: Fields; flow: Partial<Flow> } {
    const { record, arrival } = owned;
    const { pid, atMs } = record;
    const fields = fieldsOf(record.text);
    const skb = identity(fields['skbaddr']);
    switch (record.event) {
      case 'tcp_send_reset': {
        // A listener is nobody's peer: whom it answers, the packet tells.
        const flow = { ...(arrival !== undefined && { dst: arrival.src }), ...flowOf(fields) };
        this.#answered.set(record.cpu, { skb, reset: flow, arrival, pid, atMs });
        if (skb !== undefined) this.#flows.set(skb, { flow: reversed(flow), atMs });
        return { event: record.event, fields, flow };
      }
      case 'tcp_bad_csum': {
        const flow = flowOf(fields);
        if (skb !== undefined) this.#flows.set(skb, { flow, atMs });
        return { event: record.event, fields, flow };
      }
      case 'kfree_skb': {
        const flow = this.#flowOfDropped(skb, owned, fields);
        return { event: record.event, fields, flow };
      }
      case 'inet_sock_set_state':
      case 'tcp_retransmit_skb':
      case 'tcp_retransmit_synack':
      case 'tcp_receive_reset':
        return { event: record.event, fields, flow: flowOf(fields) };
      default:
        return { fields, flow: {} };
    }
  }

  #flowOfDropped(
    skb: string | undefined,
    { record: { cpu, pid, atMs }, arrival }: OwnedRecord,
    fields: Fields,
  ): Partial<Flow> {
    // The end of either may be lost, and what comes later be about something else: identities are used again.
    const isRecent = (before: { readonly atMs: number } | undefined): boolean =>
      before !== undefined && atMs - before.atMs <= LONGEST_SOFTIRQ_MS;
    const last = this.#answered.get(cpu);
    const answered = isRecent(last) && last?.pid === pid && last.arrival === arrival ? last : undefined;
    const known = skb === undefined ? undefined : this.#flows.get(skb);
    if (skb !== undefined) this.#flows.delete(skb);
    if (answered !== undefined && answered.skb !== skb && fields['reason'] === NETFILTER_DROP) return answered.reset;
    if (last?.skb === skb) this.#answered.delete(cpu);
    if (known !== undefined && isRecent(known)) return known.flow;
    return arrival === undefined ? {} : { src: arrival.src, dst: arrival.dst };
  }
}

/** Whose kernel it was, if it was one of the scene's. */
class Ownership {
  /** Whose the sockets are that have been heard of, by their numbers: a timer has neither a packet nor a process to go by. */
  readonly #sockets = new Map<number, HostName>();
  readonly #seen: SeenPackets;

  constructor(private readonly scene: TraceScene) {
    this.#seen = new SeenPackets(scene.packets);
  }

  hostOf(owned: OwnedRecord, flow: Partial<Flow>, event: KernelEventName, fields: Fields): HostName | undefined {
    const { record, arrival } = owned;
    const host =
      arrival === undefined
        ? this.#withoutArrival(owned, flow, event, fields)
        : this.scene.hosts.find(({ link }) => link === arrival.link)?.name;
    if (record.socket === undefined) return host;
    if (host !== undefined) this.#sockets.set(record.socket, host);
    return this.#sockets.get(record.socket);
  }

  /** Addresses alone prove nothing: any user has them in a namespace of their own. */
  #withoutArrival(
    { record }: OwnedRecord,
    flow: Partial<Flow>,
    event: KernelEventName,
    fields: Fields,
  ): HostName | undefined {
    const { hosts, pids, softirqThreads } = this.scene;
    const ofIncoming = event === 'tcp_bad_csum' || (event === 'kfree_skb' && fields['reason'] !== NETFILTER_DROP);
    const ownerOf = (address: string | undefined) =>
      address === undefined ? undefined : hosts.find(({ addresses }) => addresses.includes(address));
    // A packet that comes in ends where it was going to; what else is told of, where it comes from.
    const [near, far] = ofIncoming ? [flow.dst, flow.src] : [flow.src, flow.dst];
    const host = (ownerOf(near) ?? ownerOf(far))?.name;
    if (host === undefined) return undefined;
    const told = { event, atMs: record.atMs, flow };
    if (RETRANSMISSIONS.includes(event)) return this.#seen.resent(told, host) ? host : undefined;
    if (!record.softirq) return pids.includes(record.pid) ? host : undefined;
    // Whoever is interrupted has nothing to do with it, but over the loopback it may be the sender.
    const mayBeOurs = record.pid === 0 || [...softirqThreads, ...pids].includes(record.pid);
    return mayBeOurs && this.#seen.overLoopback(told) ? host : undefined;
  }
}

/** Events are told to the microsecond, packets to less. */
const MICROSECOND = 0.001;

/** The ports that are left out, of the packet that has come in: the last one before the event. */
function completed(
  flow: Partial<Flow>,
  { record, arrival }: OwnedRecord,
  host: HostName,
  { packets }: TraceScene,
): Partial<Flow> {
  if (arrival === undefined || (flow.srcPort !== undefined && flow.dstPort !== undefined)) return flow;
  const isIncoming = ({ from, at, packet: { ip } }: ObservedPacket): boolean =>
    from !== host && at < record.atMs + MICROSECOND && ip.src === arrival.src && ip.dst === arrival.dst;
  const incoming = packets.filter(isIncoming).at(-1);
  if (incoming === undefined) return flow;
  const ofPacket = flowOfPacket(incoming);
  return { ...(flow.src === arrival.src ? ofPacket : reversed(ofPacket)), ...flow };
}

/** LAST_ACK is entered twice where a program closes; the second time nothing changes. */
const isTelling = ({ event, oldState, newState }: KernelEvent): boolean =>
  event !== 'inet_sock_set_state' || oldState !== newState;

const inOrder = ({ src, srcPort, dst, dstPort }: Partial<Flow>): Partial<Flow> => ({
  ...(src !== undefined && { src }),
  ...(srcPort !== undefined && { srcPort }),
  ...(dst !== undefined && { dst }),
  ...(dstPort !== undefined && { dstPort }),
});

export function kernelEvent(
  record: TraceRecord,
  event: KernelEventName,
  host: HostName,
  fields: Fields,
  flow: Partial<Flow>,
): KernelEvent {
  const stack = stackOf(record.stack);
  const place = event === 'tcp_send_reset' ? resetCaller(stack) : functionOf(fields['location']);
  const [oldState, newState] = [stateOf(fields['oldstate']), stateOf(fields['newstate'])];
  const state = event === 'tcp_send_reset' ? stateOf(fields['state']) : undefined;
  const skb = identity(fields['skbaddr']);
  const socket = identity(fields['skaddr'] ?? fields['rx_sk']);
  return {
    atMs: record.atMs,
    host,
    event,
    ...(fields['reason'] !== undefined && { reason: fields['reason'] }),
    ...(place !== undefined && { function: place }),
    ...(stack.length > 0 && { stack }),
    ...(oldState !== undefined && { oldState }),
    ...(newState !== undefined && { newState }),
    ...(state !== undefined && { state }),
    ...inOrder(flow),
    ...(skb !== undefined && { skb }),
    ...(socket !== undefined && { socket }),
  };
}
