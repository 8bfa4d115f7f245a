/** One crafted packet out, and what comes back. No filter: a kernel's own RST cleans up what a SYN/ACK leaves on the other side. */
import { randomInt } from 'node:crypto';
import { type IcmpError, isKnown, quotedFlow } from '../driver/icmp.js';
import { receiveSegment } from '../driver/receive.js';
import { type EndName, otherEnd } from '../evidence/host.js';
import { KeptPackets, type LeftOut } from '../evidence/kept-packets.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { Leases } from '../linux/process/leases.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { ephemeralPort } from '../linux/port/source-port.js';
import { openPort, type TransportChoice } from '../linux/port/transport.js';
import type { Zone } from '../linux/port/zone.js';
import type { Millis } from '../tcp/types.js';
import { type Flow, isSameFlow } from '../wire/flow.js';
import {
  emitPacket,
  type Packet,
  type PacketInit,
  parsePacket,
  seqAdd,
  TcpFlag,
  type TcpSegment,
} from '../wire/index.js';
import { unlessInterrupted } from './interrupted.js';
import { resolveHost, routeTo } from './route.js';
import { explainSendFailure } from './send-failure.js';

export type ProbeOutcome = 'syn-ack' | 'refused' | 'no-answer' | 'icmp-unreachable' | 'answered';

export interface ProbeOptions {
  readonly host: string;
  readonly port: number;
  readonly netns?: NetworkNamespace;
  /** An address of this host, which decides the way too. Default: what the routing table says. */
  readonly source?: string;
  /** The only link that packets take, by its name or number. Default: what the routing table says. */
  readonly interfaceName?: string | undefined;
  readonly sourcePort?: number;
  readonly transport?: TransportChoice;
  /** How long to wait for an answer. Default 1000. */
  readonly timeoutMs?: number;
  /** The packet for a flow: a plain SYN with a random sequence number where left out. */
  readonly craft?: (flow: Flow) => PacketInit;
  readonly signal?: AbortSignal;
}

export interface ProbeReply extends ObservedPacket {
  /** Whether it acknowledges what was sent, as an answer does: anyone can send anything else. */
  readonly answers: boolean;
}

export interface ProbeResult {
  readonly flow: Flow;
  /** The link of its addresses, where they are link-local. */
  readonly zone: Zone | undefined;
  readonly outcome: ProbeOutcome;
  readonly sent: ObservedPacket;
  /** What came until one answered: of much, the first and the last. */
  readonly replies: readonly ProbeReply[];
  readonly leftOut: LeftOut;
  /** Where that, and no segment, was the answer: when it came, too. */
  readonly icmp: (IcmpError & { readonly at: Millis }) | undefined;
  readonly transport: string;
}

/** Of what anybody can send until one answers; there may be thousands of probes. */
const KEPT = { first: 4, last: 4, turns: 0 };

/**
 * Sends it and waits for the first answer.
 * @throws {RawshakeError} RS_USAGE, RS_NO_ROUTE, RS_NOT_SENT, RS_NO_PORT, RS_NO_RAW_SOCKET; RS_INTERRUPTED when `signal` is aborted
 */
export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const { netns } = options;
  const host = await unlessInterrupted('probe', resolveHost(options.host, options.source), options.signal);
  const { src, dst, zone } = routeTo(host, { ...options, mark: DEFAULT_MARK });
  const ends = { src, dst, dstPort: options.port };
  const flow: Flow = { ...ends, srcPort: options.sourcePort ?? ephemeralPort(ends, netns, zone) };
  const bytes = emitPacket((options.craft ?? plainSyn)(flow));
  const leases = new Leases();
  try {
    const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
    const where = { local, localPort, remote, remotePort, zone, mark: DEFAULT_MARK };
    const port = leases.add(openPort(options.transport ?? 'auto', where, netns));
    const sent = observed(bytes, 'client');
    if (sent === undefined) throw new TypeError('the crafted packet is no TCP segment');
    const kept = new KeptPackets<ProbeReply>(KEPT);
    let answer: ProbeReply | undefined;
    let icmp: ProbeResult['icmp'];
    const answered = new Promise<void>((resolve, reject) => {
      port.onPacket((reply) => {
        if (answer !== undefined) return;
        const seen = receiveSegment(reply, flow, port.transport).ok ? observed(reply, 'server') : undefined;
        if (seen === undefined) return;
        const one = { ...seen, answers: answers(seen.segment, sent.segment) };
        kept.add(one);
        if (!one.answers) return;
        answer = one;
        resolve();
      });
      port.onIcmp?.((error) => {
        if (!isKnown(error) || !quotes(error, sent.segment, flow)) return;
        icmp ??= { ...error, at: monotonicNow() };
        resolve();
      });
      port.onError((error) => {
        reject(explainSendFailure(error, flow.dst));
      });
    });
    port.send(bytes);
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, options.timeoutMs ?? 1000);
      leases.defer(() => {
        clearTimeout(timer);
      });
    });
    await unlessInterrupted('probe', Promise.race([answered, late]), options.signal);
    const { packets: replies, leftOut } = kept.record();
    const result = { flow, zone, sent, replies, leftOut, transport: port.transport };
    // What was answered has arrived, whatever ICMP says of it in the same turn.
    if (answer !== undefined) return { ...result, outcome: outcomeOf(answer.segment), icmp: undefined };
    return { ...result, outcome: icmp === undefined ? 'no-answer' : 'icmp-unreachable', icmp };
  } finally {
    leases.close();
  }
}

/**
 * Whether a reply is to this very segment, as its numbers tell. One with ACK acknowledges all of it, or its SYN alone; a RST
 * without ACK takes the number that was acknowledged. RFC 9293 §3.10.7.1 and §3.10.7.3.
 */
function answers(reply: TcpSegment, sent: TcpSegment): boolean {
  if ((reply.flags & TcpFlag.ACK) === 0) {
    return (reply.flags & TcpFlag.RST) !== 0 && (sent.flags & TcpFlag.ACK) !== 0 && reply.seq === sent.ack;
  }
  return reply.ack === sequenceEnd(sent) || ((sent.flags & TcpFlag.SYN) !== 0 && reply.ack === seqAdd(sent.seq, 1));
}

/** Whether the error is about the very packet that was sent: anyone can forge one about another. RFC 5927 §4.1. */
function quotes(error: IcmpError, { seq }: TcpSegment, flow: Flow): boolean {
  const about = quotedFlow(error);
  const { tcp, tcpStart } = error.quoted;
  return about !== undefined && isSameFlow(about, flow) && (tcp ?? tcpStart)?.seq === seq;
}

const plainSyn = ({ src, srcPort, dst, dstPort }: Flow): PacketInit => ({
  ip: { version: src.includes(':') ? 6 : 4, src, dst },
  tcp: { srcPort, dstPort, flags: 'S', seq: randomInt(2 ** 32), window: 64240, options: [{ kind: 'mss', mss: 1460 }] },
});

function observed(bytes: Uint8Array, from: EndName): ObservedPacket | undefined {
  const parsed = parsePacket(bytes);
  if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
  const packet: Packet = parsed.value;
  return {
    at: monotonicNow(),
    from,
    to: otherEnd(from),
    sender: from === 'client' ? 'rawshake' : 'kernel',
    packet,
    segment: parsed.value.tcp,
  };
}

function outcomeOf({ flags }: TcpSegment): ProbeOutcome {
  if ((flags & TcpFlag.RST) !== 0) return 'refused';
  return (flags & TcpFlag.SYN) !== 0 && (flags & TcpFlag.ACK) !== 0 ? 'syn-ack' : 'answered';
}
