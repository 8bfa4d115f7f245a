/** From when on a bench counts and hears: what went before was to prepare it. */
import type { SnmpCounters } from '../../evidence/counters.js';
import type { EndName } from '../../evidence/host.js';
import type { KernelTrace } from '../../linux/trace/kernel-trace.js';
import type { Lab } from '../lab.js';

/** From when on counters count and kernels are heard. */
export interface Beginning {
  readonly atMs: number;
  readonly counters: Readonly<Record<EndName, SnmpCounters>>;
}

export const beginningIn = ({ client, server }: Lab, trace: KernelTrace): Beginning => ({
  counters: { client: client.counters(), server: server.counters() },
  atMs: trace.mark(), // last, for it waits until it traces
});
