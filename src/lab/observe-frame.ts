/** From captured frames to evidence. */
import { type EndName, otherEnd } from '../evidence/host.js';
import type { ObservedPacket, Sender } from '../evidence/packet.js';
import type { CapturedFrame } from '../linux/capture/capture.js';
import { isPartialChecksum, parsePacket } from '../wire/index.js';

/** Who sent a frame that was captured at `host`'s end of the link, and to whom. */
export function wayOf(frame: CapturedFrame, host: EndName): { from: EndName; to: EndName; sender: Sender } {
  const from = frame.direction === 'outgoing' ? host : otherEnd(host);
  return { from, to: otherEnd(from), sender: frame.marked ? 'rawshake' : 'kernel' };
}

/** The TCP packet in a frame that was captured at `host`'s end of the link; undefined where it holds none. */
export function observedPacket(frame: CapturedFrame, host: EndName): ObservedPacket | undefined {
  const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
  if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
  return {
    at: frame.at,
    ...wayOf(frame, host),
    packet: parsed.value,
    segment: parsed.value.tcp,
  };
}

/** The TCP packet in a frame that left over `host`'s loopback; undefined where it holds none. */
export function observedLoopbackPacket(frame: CapturedFrame, host: EndName): ObservedPacket | undefined {
  const observed = observedPacket(frame, host);
  if (observed === undefined) return undefined;
  const { packet, segment } = observed;
  // There is no card that would complete the checksum, and nobody looks at it: it is as right as it can be.
  const checksumOk = segment.checksumOk || isPartialChecksum(packet, segment);
  return { ...observed, to: host, segment: { ...segment, checksumOk } };
}
