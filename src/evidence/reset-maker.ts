/**
 * Who made a RST that left this host, where no packet is marked: by what the kernel says of it, by the way in which it was made, and
 * by its hash. An event counts where flow, length, interface and moment tie it to the packet, and nothing contradicts; else it is
 * unknown. tcp_v4_send_reset(), tcp_send_active_reset(), nf_send_reset(), raw_sendmsg(), packet_sendmsg().
 */
import type { Flow } from '../wire/flow.js';
import type { KernelEvent } from './kernel-event.js';
import type { HostName } from './host.js';
import type { ObservedPacket } from './packet.js';
import { type Fields, fieldsOf, flowOf } from './trace/fields.js';
import { kernelEvent } from './trace/join.js';
import type { TraceRecord } from './trace/record.js';
import { BARE_RESET_BYTES } from './trace/reset-plan.js';
import { stackOf } from './trace/stack.js';

/** A packet as it left. */
export interface LeftPacket {
  readonly atMs: number;
  readonly flow: Flow;
  readonly family: 4 | 6;
  /** undefined: it was gone when that was asked; then the first to leave is taken. */
  readonly interfaceName: string | undefined;
  /** Of the whole frame. */
  readonly length: number;
  /** Whether an event was on the processor on which it passed. */
  readonly isWhereItPassed: (cpu: number) => boolean;
  readonly isHashed: boolean;
  /** Its source is an address of this host. */
  readonly isOwn: boolean;
}

/** What is known of the time of a packet. */
export interface ResetTold {
  /** Of tcp_send_reset, and of small packets that left; undefined: not traced, or something of that time was lost. */
  readonly resets: readonly TraceRecord[] | undefined;
  readonly makers: readonly TraceRecord[] | undefined;
  /** This host also passes on what others send, and may do so under its own address. */
  readonly forwards: boolean;
}

export type Maker = Pick<ObservedPacket, 'sender' | 'program'> & {
  /** What the kernel said of it. */
  readonly event?: KernelEvent;
  /** A rule that rejects. */
  readonly byRule?: true;
};

/** Between what the kernel says of a RST and its stamp; of a socket's own it says so when that has left. */
const SAME_MOMENT_MS = 1.5;
/** A packet leaves right after it was stamped, on the same processor, which does nothing else in between. */
const LEAVING_MS = 10;
/** Stamps are of another clock, and what is said is told to the microsecond. */
const STAMP_MS = 0.003;

const UNKNOWN: Maker = { sender: 'unknown' };
const FORWARDED: Maker = { sender: 'forwarded' };

type Way = 'tcp' | 'rule' | 'raw' | 'packet' | 'forwarded' | 'unclear';

/** By the innermost function on the stack that is one of these. */
const WAYS: readonly (readonly [way: Way, functions: RegExp])[] = [
  ['unclear', /^(__qdisc_run|net_tx_action)$/],
  ['rule', /^nf_send_reset6?$/],
  ['tcp', /^(tcp_v[46]_send_(reset|response)|tcp_send_active_reset|__tcp_transmit_skb|tcp_v[46]_send_ack)$/],
  ['raw', /^(raw_sendmsg|rawv6_sendmsg)$/],
  ['packet', /^(packet_sendmsg|packet_snd|tpacket_snd)$/],
  ['forwarded', /^(ip_forward|ip6_forward|br_forward|__br_forward|tun_get_user)$/],
];

const MADE_HERE: readonly Way[] = ['rule', 'raw', 'packet'];
/** Of what is no RST. */
const SAYS_WHO: readonly Way[] = ['raw', 'packet', 'forwarded'];

interface Leaving {
  readonly record: TraceRecord;
  readonly fields: Fields;
  readonly way: Way;
}

/** Each record counts for one packet. To be given the packets in the order of time. */
export class ResetMakers {
  readonly #taken = new WeakSet<TraceRecord>();
  readonly #ways = new WeakMap<TraceRecord, Leaving>();
  readonly #flows = new WeakMap<TraceRecord, { readonly fields: Fields; readonly flow: Partial<Flow> }>();

  constructor(private readonly host: HostName) {}

  /** Of a RST. */
  of(packet: LeftPacket, told: ResetTold): Maker {
    const left = this.#leaving(packet, told.makers);
    // A rule, and a program, may do so in anybody's name.
    if (!packet.isOwn) return left !== undefined && MADE_HERE.includes(left.way) ? byWay(left) : FORWARDED;
    if (left !== undefined && left.way !== 'unclear' && left.way !== 'tcp') return byWay(left);
    const made = this.#made(packet, told.resets);
    if (made === 'ambiguous') return UNKNOWN;
    if (made !== undefined) return this.#byTcp(packet, made);
    return left?.way === 'tcp' ? UNKNOWN : this.#unsaid(packet, told);
  }

  /** Of a segment by hand, or of a socket: what is not a RST. */
  ofSegment(packet: LeftPacket, { makers, forwards }: ResetTold): Maker {
    if (!packet.isOwn) return FORWARDED;
    const left = this.#leaving(packet, makers);
    if (left !== undefined && SAYS_WHO.includes(left.way)) return byWay(left);
    if (forwards) return UNKNOWN; // of another, under this host's address
    return packet.isHashed ? { sender: 'kernel' } : BY_HAND;
  }

  /** TCP made none of that flow. */
  #unsaid(packet: LeftPacket, { resets, forwards }: ResetTold): Maker {
    // Of IPv6 a raw socket's has a hash, too, and so has one for nobody: ip6_make_flowlabel().
    if (resets === undefined) return packet.isHashed && packet.family === 4 ? { sender: 'kernel' } : UNKNOWN;
    // A rule's has no options; a socket's would have been told.
    return isBare(packet) || packet.isHashed || forwards ? UNKNOWN : BY_HAND;
  }

  #byTcp(packet: LeftPacket, record: TraceRecord): Maker {
    const { fields, flow } = this.#understood(record);
    const event = kernelEvent(record, 'tcp_send_reset', this.host, fields, { ...packet.flow, ...flow });
    const isOfProgram = event.stack?.includes('tcp_send_active_reset') === true;
    // Of a socket it has that one's hash: what has none is somebody else's.
    if (isOfProgram && packet.family === 4 && !packet.isHashed) return UNKNOWN;
    if (!isOfProgram || record.softirq) return { sender: 'kernel', event };
    return { sender: 'program', program: { socket: 'tcp', pid: record.pid, name: record.program }, event };
  }

  /**
   * Of its flow, nearest to it: before it, or, of a socket's own, after it, on the same processor. Only a program that is moved to another
   * meanwhile says so there. Where several say different things, as of twins in other namespaces, it is not known which.
   */
  #made(packet: LeftPacket, resets: readonly TraceRecord[] = []): TraceRecord | 'ambiguous' | undefined {
    const { atMs, flow, isWhereItPassed } = packet;
    const distance = (record: TraceRecord): number => Math.abs(record.atMs - atMs);
    const found = inTime(resets, atMs - SAME_MOMENT_MS, atMs + SAME_MOMENT_MS)
      .filter((record) => {
        if (this.#taken.has(record) || !isOf(this.#understood(record).flow, flow)) return false;
        return isOfSocket(record)
          ? record.atMs > atMs - STAMP_MS
          : record.atMs < atMs + STAMP_MS && isWhereItPassed(record.cpu);
      })
      .sort((one, other) => distance(one) - distance(other));
    const here = found.filter(({ cpu }) => isWhereItPassed(cpu));
    const [made, ...others] = here.length > 0 ? here : found;
    if (made === undefined) return undefined;
    if (isOfSocket(made) && others.some((other) => !this.#saysTheSame(made, other))) return 'ambiguous';
    this.#taken.add(made);
    return made;
  }

  #saysTheSame(one: TraceRecord, other: TraceRecord): boolean {
    return one.pid === other.pid && this.#understood(one).fields['reason'] === this.#understood(other).fields['reason'];
  }

  /** The first small packet of that length to leave there. */
  #leaving(packet: LeftPacket, makers: readonly TraceRecord[] = []): Leaving | undefined {
    const { atMs, interfaceName, length, isWhereItPassed } = packet;
    if (!isBare(packet)) return undefined;
    for (const record of inTime(makers, atMs - STAMP_MS, atMs + LEAVING_MS)) {
      if (this.#taken.has(record) || !isWhereItPassed(record.cpu)) continue;
      const left = this.#left(record);
      const isThere = interfaceName === undefined || left.fields['dev'] === interfaceName;
      if (!isThere || Number(left.fields['len']) !== length) continue;
      this.#taken.add(record);
      return left;
    }
    return undefined;
  }

  #left(record: TraceRecord): Leaving {
    const known = this.#ways.get(record);
    if (known !== undefined) return known;
    const left = { record, fields: fieldsOf(record.text), way: wayOf(record) };
    this.#ways.set(record, left);
    return left;
  }

  #understood(record: TraceRecord) {
    const known = this.#flows.get(record);
    if (known !== undefined) return known;
    const fields = fieldsOf(record.text);
    const understood = { fields, flow: flowOf(fields) };
    this.#flows.set(record, understood);
    return understood;
  }
}

const BY_HAND: Maker = { sender: 'program', program: { socket: 'by-hand' } };

/** tcp_send_active_reset() sends, and then says so. */
const isOfSocket = ({ stack }: TraceRecord): boolean =>
  stack.some((frame) => frame.startsWith('tcp_send_active_reset'));

const isBare = ({ length, family }: LeftPacket): boolean => length <= BARE_RESET_BYTES[family];

function wayOf(record: TraceRecord): Way {
  for (const frame of stackOf(record.stack)) {
    const way = WAYS.find(([, functions]) => functions.test(frame));
    if (way !== undefined) return way[0];
  }
  return 'unclear';
}

function byWay({ way, record }: Leaving): Maker {
  switch (way) {
    case 'rule':
      return { sender: 'kernel', byRule: true };
    case 'raw':
    case 'packet':
      return { sender: 'program', program: { socket: way, pid: record.pid, name: record.program } };
    case 'forwarded':
      return FORWARDED;
    case 'tcp':
    case 'unclear':
      return UNKNOWN;
  }
}

/** As far as it is told. */
const isOf = (told: Partial<Flow>, { src, srcPort, dst, dstPort }: Flow): boolean =>
  (told.src ?? src) === src &&
  (told.srcPort ?? srcPort) === srcPort &&
  (told.dst ?? dst) === dst &&
  (told.dstPort ?? dstPort) === dstPort;

/** Of records in the order of time. */
function inTime(records: readonly TraceRecord[], fromMs: number, untilMs: number): TraceRecord[] {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.atMs ?? Infinity) < fromMs) low = middle + 1;
    else high = middle;
  }
  const found: TraceRecord[] = [];
  for (let i = low; i < records.length; i++) {
    const record = records[i];
    if (record === undefined || record.atMs > untilMs) break;
    found.push(record);
  }
  return found;
}
