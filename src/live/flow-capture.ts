/** The packets of one flow as they pass an interface, with who sent each: rawshake, or the kernel. */
import type { Unsubscribe } from '../driver/ports.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { type Capture, type CapturedFrame, openCapture } from '../linux/capture.js';
import type { NetworkNamespace } from '../linux/netns.js';
import type { Flow } from '../wire/flow.js';
import { parsePacket } from '../wire/index.js';

export interface FlowCapture {
  /** All of the flow until now, in the order of time. */
  packets(): readonly ObservedPacket[];
  /** Called for each, soon after it passed. */
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
  const capture: Capture = openCapture(netns, interfaceName, mark);
  const isLoopback = interfaceName === 'lo';
  const observe = (frame: CapturedFrame): ObservedPacket[] => {
    // Loopback shows each packet twice, going out and coming in.
    if (isLoopback && frame.direction === 'incoming') return [];
    const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
    if (!parsed.ok || parsed.value.tcp === undefined) return [];
    const { ip, tcp } = parsed.value;
    const sent =
      ip.src === flow.src && tcp.srcPort === flow.srcPort && ip.dst === flow.dst && tcp.dstPort === flow.dstPort;
    const received =
      ip.dst === flow.src && tcp.dstPort === flow.srcPort && ip.src === flow.dst && tcp.srcPort === flow.dstPort;
    if (!sent && !received) return [];
    const from = sent ? 'client' : 'server';
    return [{ at: frame.at, from, sender: frame.marked ? 'rawshake' : 'kernel', packet: parsed.value, segment: tcp }];
  };
  return {
    packets: () => capture.frames().flatMap(observe),
    onPacket: (listener) =>
      capture.onFrame((frame) => {
        observe(frame).forEach(listener);
      }),
    close() {
      capture.close();
    },
  };
}
