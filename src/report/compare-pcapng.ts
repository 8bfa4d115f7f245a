/** The frames of all runs as one capture file: an interface per run, a comment on who sent each packet. */
import { pcapng } from '../capture/pcapng.js';
import type { HandshakeRun } from '../evidence/run.js';

export function comparePcapng(runs: readonly HandshakeRun[]): Uint8Array {
  return pcapng(
    runs.map(({ remedy, family }) => ({ name: `${remedy} IPv${String(family)}` })),
    runs.flatMap(({ frames }, interfaceId) =>
      frames.map(({ epochMs, bytes, from, sender }) => ({
        interfaceId,
        epochMs,
        bytes,
        comment: sender === 'rawshake' ? 'sent by rawshake' : `sent by the ${from}'s kernel`,
      })),
    ),
  );
}
