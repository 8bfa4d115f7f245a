/** What a capture file says of each frame: who sent it, and which of the kernels' events belong to it. */
import type { Evidence, ObservedFrame } from '../evidence/evidence.js';
import { type Host, hostNamed } from '../evidence/host.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { eventsOfPackets } from './events-of-packets.js';
import { wordsOf } from './moment-words.js';
import { senderWords } from './sender-words.js';

/** The comment of each frame, asked for in their order. */
export function frameComments({
  hosts,
  packets,
  kernel,
}: Pick<Evidence, 'hosts' | 'packets' | 'kernel'>): (frame: ObservedFrame) => string {
  const events = eventsOfPackets(packets, kernel);
  const packetOf = matcher(packets);
  return (frame) => {
    const packet = packetOf(frame);
    return comment(frame, packet === undefined ? [] : (events.get(packet) ?? []), hosts);
  };
}

/** A frame's packet is the first one of its host with its bytes that no frame before it has had. */
function matcher(packets: readonly ObservedPacket[]): (frame: ObservedFrame) => ObservedPacket | undefined {
  const left = new Set(packets);
  return ({ bytes, from }) => {
    for (const packet of left) {
      if (packet.from !== from || !endsWith(bytes, packet.packet.bytes)) continue;
      left.delete(packet);
      return packet;
    }
    return undefined;
  };
}

const endsWith = (bytes: Uint8Array, tail: Uint8Array): boolean =>
  bytes.length >= tail.length && Buffer.compare(bytes.subarray(bytes.length - tail.length), tail) === 0;

const comment = (frame: ObservedFrame, events: readonly KernelEvent[], hosts: readonly Host[]): string =>
  [
    `sent by ${frame.sender === 'kernel' ? 'the ' : ''}${senderWords(frame, hostNamed(hosts, frame.from)).en}`,
    ...events.map((event) => eventComment(event, hosts)),
  ].join('; ');

function eventComment(event: KernelEvent, hosts: readonly Host[]): string {
  const { stack = [] } = event;
  const calls = stack.length === 0 ? '' : ` (${stack.join(' <- ')})`;
  return wordsOf({ type: 'event', ms: 0, isTelling: true, event }, hosts).en + calls;
}
