/** What the kernels of a lab's hosts have said of themselves since a moment, or say while it goes on. */
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { joinKernelEvents, KernelJoin } from '../evidence/trace/join.js';
import type { TraceScene } from '../evidence/trace/scene.js';
import { monotonicNow } from '../linux/libc/clock.js';
import type { KernelTrace } from '../linux/trace/kernel-trace.js';
import { softirqThreadsAmong } from '../linux/trace/softirq-threads.js';
import type { Lab } from './lab.js';

export interface KernelEvidenceOptions {
  /** `trace.mark()` of the beginning. */
  readonly fromMs: number;
  /** What the capture has seen: it tells the ports that an event leaves out, and another lab's retransmissions from this one's. */
  readonly packets?: readonly ObservedPacket[];
  /** Programs that were run in the lab; this process always counts. */
  readonly pids?: readonly number[];
}

/** In the order of time; nothing of other labs, and nothing of other programs on this machine. */
export function kernelEvents(trace: KernelTrace, lab: Lab, options: KernelEvidenceOptions): readonly KernelEvent[] {
  const records = trace.recordsSince(options.fromMs);
  return joinKernelEvents(records, {
    ...sceneOf(trace, lab, options),
    softirqThreads: softirqThreadsAmong(records.map(({ pid }) => pid)),
    untilMs: monotonicNow(),
  });
}

export interface FollowedKernels {
  /** What they said up to then, and was not given yet. */
  until(untilMs: number): readonly KernelEvent[];
}

/** The same a piece at a time. `packets` grows meanwhile: it is to hold, in the order of time, all until a millisecond behind what is asked for. */
export function followKernels(trace: KernelTrace, lab: Lab, options: KernelEvidenceOptions): FollowedKernels {
  const records = trace.follow(options.fromMs);
  const softirqThreads: number[] = [];
  const known = new Set<number>();
  const join = new KernelJoin({ ...sceneOf(trace, lab, options), softirqThreads, untilMs: Infinity });
  return {
    until(untilMs) {
      const due = records.until(untilMs);
      const pids = due.map(({ pid }) => pid).filter((pid) => !known.has(pid));
      softirqThreads.push(...softirqThreadsAmong(pids));
      for (const pid of pids) known.add(pid);
      return join.take(due);
    },
  };
}

type Scene = Omit<TraceScene, 'softirqThreads' | 'untilMs'>;

function sceneOf(trace: KernelTrace, lab: Lab, { fromMs, packets = [], pids = [] }: KernelEvidenceOptions): Scene {
  return {
    hosts: [lab.client, lab.server].map(({ name, link, addresses }) => ({
      name,
      link: link.number,
      addresses: Object.values(addresses),
    })),
    pids: [trace.pid, ...pids],
    fromMs,
    packets,
  };
}
