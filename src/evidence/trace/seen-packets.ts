/** What the capture has seen, as a witness for what a trace tells of no known route: each packet for one event of a kind. */
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { segmentLength } from '../../wire/index.js';
import type { HostName } from '../host.js';
import type { ObservedPacket } from '../packet.js';
import { SAME_MOMENT_MS } from './scene.js';

/** An event, and the flow that it names, as far as it does. */
interface Told {
  readonly event: string;
  readonly atMs: number;
  readonly flow: Partial<Flow>;
}

export class SeenPackets {
  readonly #taken = new Map<string, Set<ObservedPacket>>();

  constructor(private readonly packets: readonly ObservedPacket[]) {}

  /** What comes in by the link has a route looked up there; so this is about a packet of the loopback's, either way. */
  overLoopback(told: Told): boolean {
    return this.#takes(told, (packet) => packet.to === packet.from);
  }

  /** A segment that `host` has sent, and had sent before. */
  resent(told: Told, host: HostName): boolean {
    return this.#takes(told, (packet) => packet.from === host && this.#isRepeated(packet));
  }

  #takes({ event, atMs, flow }: Told, isOfIt: (packet: ObservedPacket) => boolean): boolean {
    const taken = this.#taken.get(event) ?? new Set();
    const found = this.packets.find(
      (packet) =>
        Math.abs(packet.at - atMs) <= SAME_MOMENT_MS && isOfFlow(packet, flow) && !taken.has(packet) && isOfIt(packet),
    );
    if (found === undefined) return false;
    this.#taken.set(event, taken.add(found));
    return true;
  }

  #isRepeated(packet: ObservedPacket): boolean {
    const { segment } = packet;
    const flow = flowOfPacket(packet);
    return this.packets.some(
      (earlier) =>
        earlier.at < packet.at &&
        earlier.from === packet.from &&
        is(flowOfPacket(earlier), flow) &&
        ((earlier.segment.seq + segmentLength(earlier.segment) - segment.seq) | 0) > 0,
    );
  }
}

export const flowOfPacket = ({ packet: { ip }, segment }: ObservedPacket): Flow => ({
  src: ip.src,
  srcPort: segment.srcPort,
  dst: ip.dst,
  dstPort: segment.dstPort,
});

/** Either way. */
function isOfFlow(packet: ObservedPacket, flow: Partial<Flow>): boolean {
  const whole = flowOfPacket(packet);
  return is(whole, flow) || is(reverseFlow(whole), flow);
}

const is = (whole: Flow, { src, srcPort, dst, dstPort }: Partial<Flow>): boolean =>
  (src ?? whole.src) === whole.src &&
  (srcPort ?? whole.srcPort) === whole.srcPort &&
  (dst ?? whole.dst) === whole.dst &&
  (dstPort ?? whole.dstPort) === whole.dstPort;
