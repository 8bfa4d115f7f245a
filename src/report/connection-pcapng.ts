/** The packets of one connection as a capture file, a comment on who sent each. */
import { LinkTypeNumber } from '../capture/link-type.js';
import { pcapng } from '../capture/pcapng.js';
import type { ConnectionEvidence } from '../evidence/connection.js';

/** Bare IP packets: what a link puts before them is its own affair. */
export function connectionPcapng({ packets, realtimeOffsetMs }: ConnectionEvidence): Uint8Array {
  return pcapng(
    [{ name: 'rawshake connect', linkType: LinkTypeNumber.raw }],
    packets.map(({ at, from, sender, packet }) => ({
      interfaceId: 0,
      epochMs: at + realtimeOffsetMs,
      bytes: packet.bytes,
      comment:
        sender === 'rawshake' ? 'sent by rawshake' : `sent by the ${from === 'client' ? "host's" : "peer's"} kernel`,
    })),
  );
}
