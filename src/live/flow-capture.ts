/** The packets of one flow as they pass an interface, with who sent each: rawshake, or the kernel. */
import type { Unsubscribe } from '../driver/ports.js';
import { Listeners } from '../driver/listeners.js';
import { KeptPackets, type PacketRecord } from '../evidence/kept-packets.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { type CapturedFrame, tapFrames } from '../linux/capture.js';
import type { NetworkNamespace } from '../linux/netns.js';
import type { Flow } from '../wire/flow.js';
import { parsePacket } from '../wire/index.js';

export interface FlowCapture {
  /** What has passed until now: the first and the last packets, however many there were. */
  record(): PacketRecord;
  /** Called for each, in the order of time, soon after it passed. */
  onPacket(listener: (packet: ObservedPacket) => void): Unsubscribe;
  close(): void;
}

export interface FlowCaptureOptions {
  /** Seen from this host. */
  readonly flow: Flow;
  readonly interfaceName: string;
  readonly mark: number;
  readonly netns?: NetworkNamespace;
}

/** This host is the client in what is observed. */
export function captureFlow({ flow, interfaceName, mark, netns }: FlowCaptureOptions): FlowCapture {
  const tap = tapFrames({ netns, interfaceName, mark, between: [flow.src, flow.dst] });
  const kept = new KeptPackets();
  const listeners = new Listeners<ObservedPacket>();
  const isLoopback = interfaceName === 'lo';
  const observe = (frame: CapturedFrame): ObservedPacket | undefined => {
    // Loopback shows each packet twice, going out and coming in.
    if (isLoopback && frame.direction === 'incoming') return undefined;
    const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
    if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
    const { ip, tcp } = parsed.value;
    const sent =
      ip.src === flow.src && tcp.srcPort === flow.srcPort && ip.dst === flow.dst && tcp.dstPort === flow.dstPort;
    const received =
      ip.dst === flow.src && tcp.dstPort === flow.srcPort && ip.src === flow.dst && tcp.srcPort === flow.dstPort;
    if (!sent && !received) return undefined;
    // What comes in under our name we have not sent, nor what goes out under the other's the other.
    if (!isLoopback && sent !== (frame.direction === 'outgoing')) return undefined;
    const from = sent ? 'client' : 'server';
    return { at: frame.at, from, sender: frame.marked ? 'rawshake' : 'kernel', packet: parsed.value, segment: tcp };
  };
  tap.onFrame((frame) => {
    const packet = observe(frame);
    if (packet === undefined) return;
    kept.add(packet);
    listeners.emit(packet);
  });
  return {
    record() {
      tap.read();
      return kept.record(tap.lost());
    },
    onPacket: (listener) => listeners.add(listener),
    close() {
      tap.close();
    },
  };
}
