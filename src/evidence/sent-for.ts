/**
 * For whom a kernel sent what no program's open socket did: by what its connection had been through, and by the kernel's trace. What
 * neither proves stays open. RFC 9293 §3.10.7; tcp_v4_send_reset(), tcp_check_req(), tcp_timewait_state_process().
 */
import { segmentLength, seqAdd, seqGt, TcpFlag, type Seq } from '../wire/index.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import type { KernelEvent } from './kernel-event.js';
import { isByHand, type ObservedPacket, sequenceEnd, type SendingProgram, type SentFor } from './packet.js';
import { CLOCK_SLACK_MS, SAME_MOMENT_MS } from './trace/scene.js';
import { flowOfPacket } from './trace/seen-packets.js';

/** tcp_send_active_reset() sends, and then says so: by then the packet may have been received, and another process have run. */
const SENDING_MS = 20;

const isOfOpenSocket = ({ stack }: KernelEvent): boolean => stack?.includes('tcp_send_active_reset') === true;

/** What one end of a connection has done since its last SYN. */
interface Course {
  /** The SYN was the other side's. */
  isPassive: boolean;
  /** Beside SYN and SYN/ACK, its program's socket has sent something. */
  hasProgram: boolean;
  /** Which one. */
  program: SendingProgram | undefined;
  hasClosed: boolean;
  /** Behind the other side's SYN, and behind its FIN. */
  peerStart: Seq | undefined;
  peerEnd: Seq | undefined;
  hasAcknowledgedEnd: boolean;
}

const newCourse = (): Course => ({
  ...{ isPassive: false, hasProgram: false, hasClosed: false, hasAcknowledgedEnd: false },
  ...{ program: undefined, peerStart: undefined, peerEnd: undefined },
});

export interface SentForOptions {
  /** Of a kernel's RST without a trace: whether it was made for a socket; undefined where that is not known. */
  readonly hadSocket?: (packet: ObservedPacket) => boolean | undefined;
  /** What the kernels said, joined to their hosts. */
  readonly events?: readonly KernelEvent[];
}

/** All packets that passed, in the order of time; those of a kernel of itself with for whom, where that is known. */
export function withSentFor(
  packets: readonly ObservedPacket[],
  { hadSocket = () => undefined, events = [] }: SentForOptions = {},
): readonly ObservedPacket[] {
  const courses = new Map<string, Course>();
  const courseOf = (end: string): Course => {
    const course = courses.get(end) ?? newCourse();
    courses.set(end, course);
    return course;
  };
  const told = new ToldResets(events);
  return packets.map((packet) => {
    const { own, others } = endsOf(packet);
    if (isFirst(packet)) {
      courses.delete(own);
      courses.delete(others);
    }
    const course = courseOf(own);
    const whose =
      packet.sender === 'unknown' && isReset(packet)
        ? ofListenerOrProgram(told.take(packet), course)
        : isOfItself(packet) && sentForOf(forWhom(packet, course, told, hadSocket));
    follow(packet, course, courseOf(others));
    return { ...packet, ...whose };
  });
}

/** Of a packet that a host sends to itself, too, both are told apart. */
function endsOf(packet: ObservedPacket): { own: string; others: string } {
  const { src, srcPort, dst, dstPort } = flowOfPacket(packet);
  const { from, to } = packet;
  return {
    own: [from, src, srcPort, dst, dstPort].join(' '),
    others: [to, dst, dstPort, src, srcPort].join(' '),
  };
}

const has = ({ segment }: ObservedPacket, flag: number): boolean => (segment.flags & flag) !== 0;
const isReset = (packet: ObservedPacket): boolean => has(packet, TcpFlag.RST);
const isFirst = (packet: ObservedPacket): boolean => has(packet, TcpFlag.SYN) && !has(packet, TcpFlag.ACK);
const isOfItself = ({ sender, sentFor }: ObservedPacket): boolean => sender === 'kernel' && sentFor === undefined;

function follow(packet: ObservedPacket, own: Course, others: Course): void {
  if (isReset(packet)) return;
  const { segment } = packet;
  if (packet.program?.socket === 'tcp') own.program = packet.program;
  if (has(packet, TcpFlag.SYN)) {
    own.isPassive = has(packet, TcpFlag.ACK);
    others.peerStart = sequenceEnd(segment);
  } else if (!isByHand(packet) && !isOfItself(packet)) own.hasProgram = true;
  if (has(packet, TcpFlag.FIN)) {
    own.hasClosed = true;
    others.peerEnd = seqAdd(segment.seq, segmentLength(segment));
  }
  const { peerEnd } = own;
  if (peerEnd !== undefined && has(packet, TcpFlag.ACK) && !seqGt(peerEnd, segment.ack)) own.hasAcknowledgedEnd = true;
}

function forWhom(
  packet: ObservedPacket,
  course: Course,
  told: ToldResets,
  hadSocket: NonNullable<SentForOptions['hadSocket']>,
): SentFor | undefined {
  if (!isReset(packet)) return forSegment(packet, course);
  const event = told.take(packet);
  if (event !== undefined) return forReset(event, course);
  if (told.isRejected(packet)) return 'firewall';
  return hadSocket(packet) === true && course.hasClosed && !course.hasAcknowledgedEnd ? 'orphan' : undefined;
}

const sentForOf = (sentFor: SentFor | undefined) => sentFor !== undefined && { sentFor };

/** A RST from a port at which somebody listens, which may be of the listener, or of a connection's own socket, or made by hand. */
function ofListenerOrProgram(event: KernelEvent | undefined, course: Course): Partial<ObservedPacket> {
  if (event === undefined) return {};
  if (isOfOpenSocket(event)) return { sender: 'program', program: course.program ?? { socket: 'tcp' } };
  const sentFor = forReset(event, course);
  return { sender: 'kernel', ...(sentFor !== undefined && { sentFor }) };
}

/** No file leads to its socket: closed by now, or not accepted yet. */
function forSegment(packet: ObservedPacket, course: Course): SentFor | undefined {
  const { hasProgram, hasClosed, isPassive, peerStart, hasAcknowledgedEnd } = course;
  if (has(packet, TcpFlag.SYN)) return undefined;
  if (hasClosed) return hasAcknowledgedEnd && !has(packet, TcpFlag.FIN) ? 'time-wait' : 'orphan';
  if (hasProgram || has(packet, TcpFlag.FIN)) return 'orphan';
  // A half-open entry acknowledges no data.
  const acknowledgesData = peerStart !== undefined && seqGt(packet.segment.ack, peerStart);
  return isPassive && acknowledgesData ? 'not-accepted' : undefined;
}

function forReset({ socket, state, reason, stack = [] }: KernelEvent, course: Course): SentFor | undefined {
  if (state === undefined) return socket === undefined ? 'nobody' : undefined;
  switch (state) {
    case 'LISTEN':
      return stack.includes('tcp_check_req') ? 'half-open' : 'listener';
    case 'SYN_RECV':
      return 'half-open';
    case 'SYN_SENT':
      return 'socket';
    case 'TIME_WAIT': // FIN_WAIT2 of a closed socket looks the same: tcp_time_wait()
      return course.hasAcknowledgedEnd ? 'time-wait' : 'orphan';
    case 'FIN_WAIT1':
    case 'FIN_WAIT2':
    case 'CLOSING':
    case 'LAST_ACK':
      return 'orphan';
    case 'ESTABLISHED':
    case 'CLOSE_WAIT':
      return course.isPassive && !course.hasProgram ? 'not-accepted' : undefined;
    case 'CLOSE': // by then: tcp_reset()
      return reason === 'TCP_ABORT_ON_DATA' ? 'orphan' : undefined;
  }
}

/** RSTs that the kernels said they make, each for one packet. */
class ToldResets {
  readonly #resets: Set<KernelEvent>;
  readonly #rejected: readonly KernelEvent[];

  constructor(events: readonly KernelEvent[]) {
    this.#resets = new Set(events.filter(({ event }) => event === 'tcp_send_reset'));
    this.#rejected = events.filter(({ event, reason }) => event === 'kfree_skb' && reason === 'NETFILTER_DROP');
  }

  /** Said just before it left; of a socket's own, after that. */
  take(packet: ObservedPacket): KernelEvent | undefined {
    for (const event of this.#resets) {
      const before = packet.at - event.atMs;
      const latest = isOfOpenSocket(event) ? SENDING_MS : CLOCK_SLACK_MS;
      if (before < -latest || before > SAME_MOMENT_MS) continue;
      if (event.host !== packet.from || !isOfFlow(event, flowOfPacket(packet))) continue;
      this.#resets.delete(event);
      return event;
    }
    return undefined;
  }

  /**
   * A rule that rejects drops what it answers, just after that: nf_reject_ipv4.c. The trace names no addresses there, so the drop may
   * count as one of the RST itself at its receiver's door; what else makes a RST has said so.
   */
  isRejected(packet: ObservedPacket): boolean {
    return this.#rejected.some(({ host, atMs, ...flow }) => {
      const after = atMs - packet.at;
      if (after < -CLOCK_SLACK_MS || after > SAME_MOMENT_MS) return false;
      if (host !== packet.from && host !== packet.to) return false;
      return isOfFlow(flow, flowOfPacket(packet)) || isOfFlow(flow, reverseFlow(flowOfPacket(packet)));
    });
  }
}

/** As far as the event names it. */
const isOfFlow = (told: Partial<Flow>, { src, srcPort, dst, dstPort }: Flow): boolean =>
  (told.src ?? src) === src &&
  (told.srcPort ?? srcPort) === srcPort &&
  (told.dst ?? dst) === dst &&
  (told.dstPort ?? dstPort) === dstPort;
