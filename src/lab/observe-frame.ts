/** From captured frames to evidence. */
import { type EndName, otherEnd } from '../evidence/host.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { CapturedFrame } from '../linux/capture/capture.js';
import { isPartialChecksum, parsePacket } from '../wire/index.js';

/** Who sent a packet, as far as is known. */
export type Who = Pick<ObservedPacket, 'sender' | 'program' | 'sentFor' | 'frameFor'>;

/** Where none but rawshake and kernels send: the mark is rawshake's. */
export const byOwnMark = ({ mark }: CapturedFrame): Who => ({ sender: mark === undefined ? 'kernel' : 'rawshake' });

/** Who sent a frame that was captured at `host`'s end of the link, and to whom. */
export function wayOf(
  frame: CapturedFrame,
  host: EndName,
  who: Who = byOwnMark(frame),
): { from: EndName; to: EndName } & Who {
  const from = frame.direction === 'outgoing' ? host : otherEnd(host);
  return { from, to: otherEnd(from), ...who };
}

/** The TCP packet in a frame that was captured at `host`'s end of the link; undefined where it holds none. */
export function observedPacket(frame: CapturedFrame, host: EndName, who?: Who): ObservedPacket | undefined {
  const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
  if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
  return {
    at: frame.at,
    ...wayOf(frame, host, who),
    packet: parsed.value,
    segment: parsed.value.tcp,
  };
}

/** The TCP packet in a frame that left over `host`'s loopback; undefined where it holds none. */
export function observedLoopbackPacket(frame: CapturedFrame, host: EndName, who?: Who): ObservedPacket | undefined {
  const observed = observedPacket(frame, host, who);
  if (observed === undefined) return undefined;
  const { packet, segment } = observed;
  // There is no card that would complete the checksum, and nobody looks at it: it is as right as it can be.
  const checksumOk = segment.checksumOk || isPartialChecksum(packet, segment);
  return { ...observed, to: host, segment: { ...segment, checksumOk } };
}
