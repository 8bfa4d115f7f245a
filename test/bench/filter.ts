/**
 * How long a filter takes to come and go on a host's own rules, beside the programs alone, in a namespace of its own.
 * `npx tsc -p test/bench/tsconfig.json && node build/test/bench/filter.js [--json]`; needs root, or
 * `unshare --user --map-root-user --net --mount`.
 */
import { pathToFileURL } from 'node:url';
import { applyFilter } from '../../src/filter/lease.js';
import { type Backend, planFilter } from '../../src/filter/plan.js';
import { systemHost } from '../../src/linux/filter/filter-host.js';
import { createNamespace } from '../../src/linux/namespace/netns.js';
import type { Figure } from './figure.js';

const rounds = 30;
const warmUp = 3;

/** Until the kernel has let go of what was deleted last (an RCU grace period), for whoever comes next waits for that. */
const rest = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
};

/** The median: the first rounds load libraries, and other programs disturb some. */
const milliseconds = (work: () => void): number => {
  for (let i = 0; i < warmUp; i++) work();
  const durations = Array.from({ length: rounds }, () => {
    rest();
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return durations.sort((a, b) => a - b)[rounds / 2] ?? Number.NaN;
};

/** Applied, read back and removed; and the same commands typed one by one. */
const figureOf = (backend: Backend): Figure => {
  const netns = createNamespace();
  const host = systemHost(netns);
  const flow = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };
  const rawshake = milliseconds(() => {
    applyFilter(planFilter({ flow, backend }), host).close();
  });
  const { commands, removal } = planFilter({ flow, backend });
  const baseline = milliseconds(() => {
    for (const command of [...commands, removal]) host.run(command);
  });
  host.close();
  netns.close();
  return {
    name: `filter-on-off-milliseconds-${backend}`,
    unit: 'ms',
    rawshake,
    baseline,
    baselineName: `${backend}, each command by itself`,
    ratio: rawshake / baseline,
  };
};

export const filterFigures = (): readonly Figure[] => (['nft', 'iptables'] as const).map(figureOf);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const results = filterFigures();
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ results })}\n`);
  else
    for (const { name, rawshake, baseline } of results) {
      process.stdout.write(
        `${name.padEnd(36)} ${rawshake.toFixed(2)} ms  the commands alone ${(baseline ?? 0).toFixed(2)} ms\n`,
      );
    }
}
