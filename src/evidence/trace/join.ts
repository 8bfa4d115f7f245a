/** Joins what a kernel's trace says to the two hosts of a lab, and leaves out what happened elsewhere on the machine. */
import type { Flow } from '../../wire/flow.js';
import type { HostName } from '../host.js';
import type { KernelEvent, KernelEventName } from '../kernel-event.js';
import type { ObservedPacket } from '../packet.js';
import { type Fields, fieldsOf, flowOf, functionOf, identity, reversed, stateOf } from './fields.js';
import { type OwnedRecord, withArrivals } from './owner.js';
import type { TraceRecord } from './record.js';
import { resetCaller, stackOf } from './stack.js';

export interface TraceScene {
  /** Each host's interface number, and its addresses. */
  readonly hosts: Readonly<Record<HostName, { readonly link: number; readonly addresses: readonly string[] }>>;
  /** Whose own calls belong here: this process, and the programs that were run in the lab. */
  readonly pids: readonly number[];
  /** The kernel's threads that serve soft interrupts, beside the idle one: by id, for a name can be taken by anybody. */
  readonly softirqThreads: readonly number[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** What the capture has seen: it tells the ports that an event leaves out, and another lab's retransmissions from ours. */
  readonly packets: readonly ObservedPacket[];
}

const HOSTS = ['client', 'server'] as const;
const RETRANSMISSIONS: readonly string[] = ['tcp_retransmit_skb', 'tcp_retransmit_synack'];
/** From the event to the packet's stamp, either way. */
const SAME_MOMENT_MS = 1;

/** In the order of time. */
export function joinKernelEvents(records: readonly TraceRecord[], scene: TraceScene): readonly KernelEvent[] {
  const packets = new PacketsInHand();
  return withArrivals(records).flatMap((owned) => {
    const { record } = owned;
    if (record.atMs < scene.fromMs || record.atMs > scene.untilMs) return [];
    const { event, fields, flow } = packets.understand(owned);
    if (event === undefined) return [];
    const host = hostOf(owned, flow, event, scene);
    if (host === undefined) return [];
    return [kernelEvent(record, event, host, fields, completed(flow, owned, host, scene))].filter(isTelling);
  });
}

/** Follows packets by their identity, for `kfree_skb` tells no addresses. */
class PacketsInHand {
  /** Packets that a RST answers, or whose checksum was wrong: their own direction. */
  readonly #flows = new Map<string, Partial<Flow>>();
  /** The segment that each processor is answering with a RST, and the RST's flow, until that segment is let go. */
  readonly #answered = new Map<number, { readonly skb: string | undefined; readonly reset: Partial<Flow> }>();

  understand({ record, arrival }: OwnedRecord): { event?: KernelEventName; fields: Fields; flow: Partial<Flow> } {
    const fields = fieldsOf(record.text);
    const skb = identity(fields['skbaddr']);
    switch (record.event) {
      case 'tcp_send_reset': {
        // A listener is nobody's peer: whom it answers, the packet tells.
        const flow = { ...(arrival !== undefined && { dst: arrival.src }), ...flowOf(fields) };
        this.#answered.set(record.cpu, { skb, reset: flow });
        if (skb !== undefined) this.#flows.set(skb, reversed(flow));
        return { event: record.event, fields, flow };
      }
      case 'tcp_bad_csum': {
        const flow = flowOf(fields);
        if (skb !== undefined) this.#flows.set(skb, flow);
        return { event: record.event, fields, flow };
      }
      case 'kfree_skb': {
        const flow = this.#flowOfDropped(skb, record, fields, arrival);
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
    { cpu }: TraceRecord,
    fields: Fields,
    arrival: OwnedRecord['arrival'],
  ): Partial<Flow> {
    const answered = this.#answered.get(cpu);
    const known = skb === undefined ? undefined : this.#flows.get(skb);
    if (skb !== undefined) this.#flows.delete(skb);
    if (answered !== undefined && answered.skb !== skb && fields['reason'] === 'NETFILTER_DROP') return answered.reset;
    if (answered?.skb === skb) this.#answered.delete(cpu);
    return known ?? (arrival === undefined ? {} : { src: arrival.src, dst: arrival.dst });
  }
}

/** Whose kernel it was, if it was one of the scene's. */
function hostOf(
  { record, arrival }: OwnedRecord,
  flow: Partial<Flow>,
  event: KernelEventName,
  scene: TraceScene,
): HostName | undefined {
  const owns = (address: string | undefined) => (host: HostName) =>
    address !== undefined && scene.hosts[host].addresses.includes(address);
  if (arrival !== undefined) return HOSTS.find((host) => scene.hosts[host].link === arrival.link);
  // A packet that comes in is dropped where it was going to; what else is told of, where it comes from.
  const host = HOSTS.find(owns(flow.src)) ?? HOSTS.find(owns(flow.dst));
  if (host === undefined) return undefined;
  if (RETRANSMISSIONS.includes(event))
    return scene.packets.some(({ from, at }) => from === host && Math.abs(at - record.atMs) <= SAME_MOMENT_MS)
      ? host
      : undefined;
  const byTheKernelItself = record.softirq && (record.pid === 0 || scene.softirqThreads.includes(record.pid));
  return byTheKernelItself || scene.pids.includes(record.pid) ? host : undefined;
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
  const { srcPort, dstPort } = incoming.segment;
  const ofPacket = { src: arrival.src, srcPort, dst: arrival.dst, dstPort };
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

function kernelEvent(
  record: TraceRecord,
  event: KernelEventName,
  host: HostName,
  fields: Fields,
  flow: Partial<Flow>,
): KernelEvent {
  const stack = stackOf(record.stack);
  const place = event === 'tcp_send_reset' ? resetCaller(stack) : functionOf(fields['location']);
  const [oldState, newState] = [stateOf(fields['oldstate']), stateOf(fields['newstate'])];
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
    ...inOrder(flow),
    ...(skb !== undefined && { skb }),
    ...(socket !== undefined && { socket }),
  };
}
