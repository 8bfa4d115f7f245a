/** What a kernel itself says about the segments that it refused; undefined, and the fact left out, where it cannot be heard in whole. */
import type { EndName } from '../../evidence/host.js';
import type { KernelEvent } from '../../evidence/kernel-event.js';
import type { Family } from '../addresses.js';
import type { Bench } from './bench.js';

/** From the function that makes the RST to the one that asked for it. */
export const RESET_PATH: Readonly<Record<Family, readonly string[]>> = {
  4: ['tcp_v4_send_reset', 'tcp_v4_rcv'],
  6: ['tcp_v6_send_reset', 'tcp_v6_rcv'],
};

type Hearing = Pick<Bench, 'family' | 'kernelEvents'>;

/** Why `host` refused segments (with `port`, only those of that port), each reason once, in its own words: `['NO_SOCKET']`. */
export function resetReasons(bench: Hearing, host: EndName, port?: number): readonly string[] | undefined {
  const concerns = ({ srcPort, dstPort }: KernelEvent): boolean =>
    port === undefined || srcPort === port || dstPort === port;
  const events = bench.kernelEvents()?.filter((event) => event.host === host && concerns(event));
  if (events === undefined) return undefined;
  // Kernels before about 6.10 give no reason with the RST, but one with the segment that is thrown away after it.
  const [resets, drops] = [reasonsOf(events, 'tcp_send_reset'), reasonsOf(events, 'kfree_skb')];
  if (resets.length > 0) return resets;
  return drops.length > 0 ? drops : undefined;
}

/** Why `host` threw segments away: one reason for each. */
export const dropReasons = (bench: Hearing, host: EndName): readonly string[] | undefined =>
  bench
    .kernelEvents()
    ?.filter((event) => event.host === host && event.event === 'kfree_skb')
    .flatMap(({ reason }) => reason ?? []);

/** Which of `RESET_PATH`'s functions the call stack of `host`'s first RST holds. */
export function resetPath(bench: Hearing, host: EndName): readonly string[] | undefined {
  const reset = bench
    .kernelEvents()
    ?.find((event) => event.host === host && event.event === 'tcp_send_reset' && event.stack !== undefined);
  const functions = reset?.stack?.map((name) => name.replace(/\..*/, '')); // the compiler's `.isra.0`
  return functions?.filter((name) => RESET_PATH[bench.family].includes(name));
}

const reasonsOf = (events: readonly KernelEvent[], name: KernelEvent['event']): readonly string[] => [
  ...new Set(events.flatMap(({ event, reason }) => (event === name ? (reason ?? []) : []))),
];
