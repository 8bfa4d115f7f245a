/** The packets of one flow as they pass the interfaces that they take, with who sent each: rawshake, or the kernel. */
import type { Unsubscribe } from '../driver/ports.js';
import { Listeners } from '../driver/listeners.js';
import { isSameFlow } from '../wire/flow.js';
import type { TraceEntry } from '../driver/trace.js';
import { KeptPackets, type PacketRecord } from '../evidence/kept-packets.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { passingFilter, translatedFilter } from '../linux/libc/bpf.js';
import { type CapturedFrame, tapFrames } from '../linux/capture/capture.js';
import type { NetworkNamespace } from '../linux/namespace/netns.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { type Packet, parsePacket, type TcpSegment } from '../wire/index.js';
import { OwnFrames } from './own-frames.js';
import { SentSegments } from './sent-segments.js';

export interface FlowCapture {
  /** What the connection tells that it sends: its first SYN is known by it, and what has lost its mark. */
  hear(entry: TraceEntry): void;
  /** What this host's own NAT has made of the flow; undefined: nothing, or it was not seen leaving. */
  translated(): Flow | undefined;
  /** What has passed until now: the first and the last packets, however many there were. */
  record(): PacketRecord;
  /** How many packets have passed unseen until now: there was no room to keep them until they were read. */
  lost(): number;
  /** Tells the listeners of what has passed until now. */
  catchUp(): void;
  /** Called for each, in the order of time, soon after it passed. */
  onPacket(listener: (packet: ObservedPacket) => void): Unsubscribe;
  close(): void;
}

export interface FlowCaptureOptions {
  /** Seen from this host. */
  readonly flow: Flow;
  readonly mark: number;
  readonly netns?: NetworkNamespace;
}

/** As many frames back as a copy may come behind its original, which passes the interfaces below or above in the same breath. */
const BETWEEN_COPIES = 32;

/** This host is the client in what is observed. It begins with the first SYN, wherever that leaves. */
export function captureFlow({ flow, mark, netns }: FlowCaptureOptions): FlowCapture {
  const tap = tapFrames({ netns, marks: [mark], only: translatedFilter(flow) });
  const own = new OwnFrames(netns);
  const kept = new KeptPackets();
  const listeners = new Listeners<ObservedPacket>();
  const sentByHand = new SentSegments();
  /** The flow where it passes an interface: behind NAT what leaves, before NAT what comes in. */
  let wire: Flow | undefined;
  const recent: CapturedFrame[] = [];

  /** Not of somebody whom this host forwards for, who may know the number where the user has chosen it. */
  const isOurs = (frame: CapturedFrame, { srcPort }: Flow): boolean =>
    frame.mark !== undefined || srcPort === flow.srcPort;
  /** What passes a bond, bridge, VLAN or VRF passes the interface below it as well. */
  const isCopy = (frame: CapturedFrame): boolean => {
    const known = recent.some((other) => other.interfaceIndex !== frame.interfaceIndex && isAlike(frame, other));
    recent.push(frame);
    if (recent.length > BETWEEN_COPIES) recent.shift();
    return known;
  };
  const observe = (frame: CapturedFrame): ObservedPacket | undefined => {
    const isOutgoing = frame.direction === 'outgoing';
    // Loopback shows each packet twice, going out and coming in. What is sent to all links is nobody's in TCP: tcp_v4_rcv().
    if ((frame.isLoopback && !isOutgoing) || !frame.isForHost) return undefined;
    const parsed = parsePacket(ipPacket(frame));
    if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
    const { tcp } = parsed.value;
    const segment = { ...tcp, checksumOk: tcp.checksumOk || frame.isChecksumPartial };
    const passing = flowOf(parsed.value, segment);
    const isClients =
      wire === undefined ? sentByHand.isFirst(segment) && isOurs(frame, passing) : isSameFlow(passing, wire);
    // What comes in under our name we have not sent, nor what goes out under the other's the other.
    const isSent = isOutgoing && isClients && own.has(frame);
    if (wire === undefined) {
      if (!isSent) return undefined;
      wire = passing;
      tap.narrow(passingFilter(wire));
    }
    const isReceived = (!isOutgoing || frame.isLoopback) && isSameFlow(reverseFlow(passing), wire);
    if (!(isSent || isReceived) || isCopy(frame)) return undefined;
    const way = isSent ? ({ from: 'client', to: 'server' } as const) : ({ from: 'server', to: 'client' } as const);
    const sent = isSent ? sentByHand.take(segment) : undefined;
    const sender = sent !== undefined || frame.mark !== undefined ? 'rawshake' : 'kernel';
    const again = sent?.retransmission === true && ({ retransmission: true } as const);
    return { at: frame.at, ...way, sender, packet: parsed.value, segment, ...again };
  };
  tap.onFrame((frame) => {
    const packet = observe(frame);
    if (packet === undefined) return;
    kept.add(packet);
    listeners.emit(packet);
  });
  return {
    hear(entry) {
      if (entry.type === 'sent') sentByHand.add(entry);
    },
    translated() {
      tap.read();
      return wire === undefined || isSameFlow(wire, flow) ? undefined : wire;
    },
    catchUp() {
      tap.read();
    },
    lost: () => tap.lost(),
    record() {
      tap.read();
      return kept.record(tap.lost());
    },
    onPacket: (listener) => listeners.add(listener),
    close() {
      tap.close();
      own.close();
    },
  };
}

const isAlike = (one: CapturedFrame, other: CapturedFrame): boolean =>
  one.direction === other.direction && Buffer.compare(ipPacket(one), ipPacket(other)) === 0;

const ipPacket = ({ bytes, linkHeaderBytes }: CapturedFrame): Uint8Array => bytes.subarray(linkHeaderBytes);

const flowOf = ({ ip }: Packet, { srcPort, dstPort }: TcpSegment): Flow => ({
  ...{ src: ip.src, srcPort },
  ...{ dst: ip.dst, dstPort },
});
