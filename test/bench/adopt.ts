/** How long the RST filter stays in force after the handshake, where the kernel then adopts the connection. */
import { compare } from '../../src/lab/compare.js';
import type { Figure } from './wire.js';

const rounds = 21;

/** The median: the first round loads and compiles what it needs, and other programs disturb some. Beside the whole of a run. */
export async function adoptFigures(): Promise<readonly Figure[]> {
  const runs = await compare({ remedies: Array.from({ length: rounds }, () => 'adopt' as const) });
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[(rounds - 1) / 2] ?? NaN;
  const rawshake = median(runs.map(({ rule }) => rule?.afterHandshakeMs ?? NaN));
  const baseline = median(runs.map(({ packets }) => (packets.at(-1)?.at ?? NaN) - (packets[0]?.at ?? NaN)));
  const ratio = rawshake / baseline;
  const baselineName = 'a filter for the whole connection';
  return [{ name: 'adopt-rule-milliseconds', unit: 'ms', rawshake, baseline, baselineName, ratio }];
}
