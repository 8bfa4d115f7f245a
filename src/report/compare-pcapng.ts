/** The frames of all runs as one capture file: an interface per run, a comment on who sent each and what the kernel said. */
import { pcapng } from '../capture/pcapng.js';
import type { HandshakeRun } from '../evidence/run.js';
import { frameComments } from './frame-comments.js';

export function comparePcapng(runs: readonly HandshakeRun[]): Uint8Array {
  return pcapng(
    runs.map(({ remedy, family }) => ({ name: `${remedy} IPv${String(family)}` })),
    runs.flatMap((run, interfaceId) => {
      const commentOf = frameComments(run);
      return run.frames.map((frame) => {
        const { epochMs, bytes } = frame;
        return { interfaceId, epochMs, bytes, comment: commentOf(frame) };
      });
    }),
  );
}
