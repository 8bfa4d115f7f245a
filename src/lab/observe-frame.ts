/** From captured frames to evidence. */
import { type HostName, otherHost } from '../evidence/host.js';
import type { ObservedPacket, Sender } from '../evidence/packet.js';
import type { CapturedFrame } from '../linux/capture/capture.js';
import { isPartialChecksum, parsePacket } from '../wire/index.js';

/** Who sent a frame that was captured at `host`'s end of the link. */
export const senderOf = (frame: CapturedFrame, host: HostName): { from: HostName; sender: Sender } => ({
  from: frame.direction === 'outgoing' ? host : otherHost(host),
  sender: frame.marked ? 'rawshake' : 'kernel',
});

/** The TCP packet in a frame that was captured at `host`'s end of the link; undefined where it holds none. */
export function observedPacket(frame: CapturedFrame, host: HostName): ObservedPacket | undefined {
  const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
  if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
  return {
    at: frame.at,
    ...senderOf(frame, host),
    packet: parsed.value,
    segment: parsed.value.tcp,
  };
}

/** The TCP packet in a frame that left over `host`'s loopback; undefined where it holds none. */
export function observedLoopbackPacket(frame: CapturedFrame, host: HostName): ObservedPacket | undefined {
  const observed = observedPacket(frame, host);
  if (observed === undefined) return undefined;
  const { packet, segment } = observed;
  // There is no card that would complete the checksum, and nobody looks at it: it is as right as it can be.
  const checksumOk = segment.checksumOk || isPartialChecksum(packet, segment);
  return { ...observed, to: host, segment: { ...segment, checksumOk } };
}
