/** From captured frames to evidence. */
import { type HostName, otherHost } from '../evidence/host.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { CapturedFrame } from '../linux/capture.js';
import { parsePacket } from '../wire/index.js';

const ETHERNET_BYTES = 14;

/** The TCP packet in a frame that was captured at `host`'s end of the link; undefined where it holds none. */
export function observedPacket(frame: CapturedFrame, host: HostName): ObservedPacket | undefined {
  const parsed = parsePacket(frame.bytes.subarray(ETHERNET_BYTES));
  if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
  return {
    at: frame.at,
    from: frame.direction === 'outgoing' ? host : otherHost(host),
    sender: frame.marked ? 'rawshake' : 'kernel',
    packet: parsed.value,
    segment: parsed.value.tcp,
  };
}
