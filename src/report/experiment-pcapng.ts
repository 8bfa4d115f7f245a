/** The frames of an experiment as a capture file: an interface per host, a comment on who sent each and what the kernel said. */
import { pcapng } from '../capture/pcapng.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import { frameComments } from './frame-comments.js';

/** Each frame is on the interface of the host that sent it. */
export function experimentPcapng(run: Pick<ExperimentRun, 'hosts' | 'frames' | 'packets' | 'kernel'>): Uint8Array {
  const commentOf = frameComments(run);
  return pcapng(
    run.hosts.map(({ name }) => ({ name })),
    run.frames.map((frame) => {
      const { epochMs, bytes, from } = frame;
      return {
        interfaceId: run.hosts.findIndex(({ name }) => name === from),
        epochMs,
        bytes,
        comment: commentOf(frame),
      };
    }),
  );
}
