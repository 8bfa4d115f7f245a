/** How long a command takes as a person sees it: all of it, from the shell to the prompt. */
import { spawnSync } from 'node:child_process';
import type { Figure } from './figure.js';

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

/** Two handshakes in two labs, and none; beside a Node.js that does nothing: what no command can be faster than. */
export const compareFigures = (): readonly Figure[] => {
  const baseline = seconds(['-e', '0']);
  const figure = (name: string, command: string): Figure => {
    const rawshake = seconds(['bin/rawshake.js', command]);
    return { name, unit: 's', rawshake, baseline, baselineName: 'node -e 0', ratio: rawshake / baseline };
  };
  return [figure('compare-seconds', 'compare'), figure('version-seconds', '--version')];
};
