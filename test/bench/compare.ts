/** How long `rawshake compare` takes as a person sees it: the whole command, from the shell to the prompt. */
import { spawnSync } from 'node:child_process';
import type { Figure } from './wire.js';

const rounds = 5;

/** Wall time in seconds: the median, since other programs disturb some. */
const seconds = (args: readonly string[]): number => {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}: exit ${String(status)}\n${stderr}`);
    return (performance.now() - start) / 1000;
  });
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
};

/** Two handshakes in two labs, beside a Node.js that does nothing: what no command can be faster than. */
export const compareFigures = (): readonly Figure[] => {
  const baseline = seconds(['-e', '0']);
  const rawshake = seconds(['bin/rawshake.js', 'compare']);
  const ratio = rawshake / baseline;
  return [{ name: 'compare-seconds', unit: 's', rawshake, baseline, baselineName: 'node -e 0', ratio }];
};
