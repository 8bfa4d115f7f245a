/** The packets of one connection as a capture file, a comment on who sent each; written while they pass. */
import { LinkTypeNumber } from '../capture/link-type.js';
import { pcapngPacket, pcapngStart } from '../capture/pcapng.js';
import type { ObservedPacket } from '../evidence/packet.js';

/** Bare IP packets: what a link puts before them is its own affair. */
export const connectionPcapngStart = (): Uint8Array =>
  pcapngStart([{ name: 'rawshake connect', linkType: LinkTypeNumber.raw }]);

/** `realtimeOffsetMs` is to be added to `at` for milliseconds since the epoch. */
export const connectionPcapngPacket = (
  { at, from, sender, packet }: ObservedPacket,
  realtimeOffsetMs: number,
): Uint8Array =>
  pcapngPacket({
    interfaceId: 0,
    epochMs: at + realtimeOffsetMs,
    bytes: packet.bytes,
    // Of the other side no more is known than that it is another.
    comment: `sent by ${sender === 'rawshake' ? 'rawshake' : from === 'client' ? "this host's kernel" : 'the other side'}`,
  });
