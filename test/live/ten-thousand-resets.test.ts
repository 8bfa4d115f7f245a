/** Ten thousand RSTs of ten kinds, mixed, watched: none is said to be of somebody who has not sent it, and of few it is not known. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Family } from '../../src/lab/addresses.js';
import type { WatchFinding, WatchSummary } from '../../src/diagnosis/watched/watch-finding.js';
import { Leases } from '../../src/linux/process/leases.js';
import { watch } from '../../src/live/watch/watch.js';
import {
  judged,
  labForResets,
  makeResets,
  type ManyResets,
  resetSeed,
  type ToldReset,
  type Truth,
} from '../support/many-resets.js';

let leases: Leases;
beforeEach(() => {
  leases = new Leases();
});
afterEach(() => {
  leases.close();
});

const TRUTH: Truth = {
  1001: ['refused: kernel nobody'],
  1002: ['rejected: kernel firewall'],
  1003: ['unread-data: program tcp', 'unexplained: kernel'],
  1004: ['aborted: program tcp', 'unexplained: kernel'],
  1005: ['data-after-close: kernel orphan', 'unexplained: kernel'],
  1006: ['unexpected-ack: kernel listener'],
  1007: ['queue-overflow: kernel half-open'],
  1008: ['reset-by-hand: program raw', 'reset-by-hand: program by-hand'],
  1009: ['reset-by-hand: program packet', 'reset-by-hand: program by-hand'],
  1010: ['refused: unknown'], // from outside
};

const OF_EACH = 50;
const RUNS = 10;
/** Small packets of both hosts are some three for two RSTs: below what the trace is left on for. */
const SLOWLY = 800;
const FAST = 5000;

function toldBy({ id, flow, at }: WatchFinding): ToldReset {
  const last = at.findLast((moment) => moment.type === 'packet');
  if (last === undefined) throw new Error(`${id} without a packet`);
  const { sender, program, sentFor } = last.packet;
  const words = [sender, program?.socket, sentFor].filter((word) => word !== undefined);
  return { flow, told: `${id}: ${words.join(' ')}` };
}

async function watched(of: Leases, family: Family, many: Omit<ManyResets, 'family'>) {
  const lab = labForResets(of, family);
  const watching = of.add(watch({ netns: lab.client.netns, all: true }));
  const told: ToldReset[] = [];
  const reading = (async () => {
    for await (const finding of watching) told.push(toldBy(finding));
  })();
  await makeResets(lab, { ...many, family }, () => undefined);
  const all = 10 * many.ofEach;
  const sum = ({ resets: { sent, received }, leftOut }: WatchSummary): number => sent + received + leftOut;
  await Promise.race([vi.waitUntil(() => sum(watching.summary) >= all, { timeout: 20_000, interval: 20 }), reading]);
  watching.close();
  await reading;
  return { told, summary: watching.summary };
}

test.each([4, 6] as const)('each is told right, IPv%i', { timeout: 120_000 }, async (family) => {
  const seed = resetSeed();
  const told: Record<'any' | 'withAll', ToldReset[]> = { any: [], withAll: [] };
  for (let nth = 0; nth < RUNS; nth++) {
    const ofRun = leases.add(new Leases());
    const run = await watched(ofRun, family, { ofEach: OF_EACH, perSecond: SLOWLY, seed: seed + nth });
    ofRun.close();
    told.any.push(...run.told);
    // A trace is of all that this machine does.
    if (run.summary.missing.length === 0) told.withAll.push(...run.told);
  }
  const which = `RAWSHAKE_SEED=${String(seed)}`;
  expect(judged(told.any, TRUTH), which).toMatchObject({ wrong: [], of: 10 * OF_EACH * RUNS });
  const { lessKnown, of } = judged(told.withAll, TRUTH);

  expect(of).toBeGreaterThan(0);
  expect(lessKnown.length / of, `${which}: ${lessKnown.slice(0, 20).join(', ')}`).toBeLessThan(0.02);
});

test.each([4, 6] as const)(
  'too many for the trace: it is left off, and nothing told is wrong, IPv%i',
  { timeout: 60_000 },
  async (family) => {
    const seed = resetSeed();
    const { told, summary } = await watched(leases, family, { ofEach: 500, perSecond: FAST, seed });
    const which = `RAWSHAKE_SEED=${String(seed)}`;
    expect(judged(told, TRUTH).wrong, which).toEqual([]);
    const missing = summary.missing.map(({ en }) => en);
    expect(missing, which).toContainEqual(expect.stringMatching(/^whether a rule or a program/));
  },
);
