/** What the kernels of a lab's hosts have said of themselves since a moment. */
import type { HostName } from '../evidence/host.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { joinKernelEvents } from '../evidence/trace/join.js';
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
  const { fromMs, packets = [], pids = [] } = options;
  const host = (name: HostName) => ({ link: lab[name].link, addresses: Object.values(lab[name].addresses) });
  const records = trace.recordsSince(fromMs);
  return joinKernelEvents(records, {
    hosts: { client: host('client'), server: host('server') },
    pids: [trace.pid, ...pids],
    softirqThreads: softirqThreadsAmong(records.map(({ pid }) => pid)),
    fromMs,
    untilMs: monotonicNow(),
    packets,
  });
}
