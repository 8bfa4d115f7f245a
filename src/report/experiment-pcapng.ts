/** The frames of an experiment as a capture file: an interface per host, a comment on who sent each and what the kernel said. */
import { pcapng } from '../capture/pcapng.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { ObservedFrame } from '../evidence/run.js';
import { eventsOfPackets } from './events-of-packets.js';
import { eventWords } from './experiment-words.js';

const HOSTS = ['client', 'server'] as const;

/** Each frame is on the interface of the host that sent it. */
export function experimentPcapng({
  frames,
  packets,
  kernel,
}: Pick<ExperimentRun, 'frames' | 'packets' | 'kernel'>): Uint8Array {
  const events = eventsOfPackets(packets, kernel);
  const packetOf = matcher(packets);
  return pcapng(
    HOSTS.map((name) => ({ name })),
    frames.map((frame) => {
      const { epochMs, bytes, from } = frame;
      const packet = packetOf(frame);
      const said = packet === undefined ? [] : (events.get(packet) ?? []);
      return { interfaceId: HOSTS.indexOf(from), epochMs, bytes, comment: comment(frame, said) };
    }),
  );
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

const comment = ({ sender, from }: ObservedFrame, events: readonly KernelEvent[]): string =>
  [sender === 'rawshake' ? 'sent by rawshake' : `sent by the ${from}'s kernel`, ...events.map(eventComment)].join('; ');

function eventComment(event: KernelEvent): string {
  const { stack = [] } = event;
  const calls = stack.length === 0 ? '' : ` (${stack.join(' <- ')})`;
  return `${eventWords(event).en}, ${event.event}${calls}`;
}
