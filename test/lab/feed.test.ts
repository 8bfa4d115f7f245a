/** The feed of a bench: the moments of the finished run, and the same findings, while it happens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Diagnosis, diagnose, type Finding } from '../../src/diagnosis/index.js';
import { BOTH_ENDS } from '../../src/evidence/host.js';
import { Feed } from '../../src/evidence/feed.js';
import type { Moment } from '../../src/evidence/moment.js';
import { experimentRecording } from '../../src/evidence/recording.js';
import { type Recorded, timeline } from '../../src/evidence/timeline.js';
import { EXPERIMENTS } from '../../src/experiments/all.js';
import type { AnyExperiment } from '../../src/experiments/experiment.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { onBench } from '../../src/lab/bench/bench.js';
import { type KernelTrace, openKernelTrace } from '../../src/linux/trace/kernel-trace.js';
import { momentsOf } from '../support/feeds.js';
import { TRACING } from '../support/root.js';

const experimentOf = (id: string): AnyExperiment => {
  const found = EXPERIMENTS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no experiment ${id}`);
  return found;
};

let trace: KernelTrace;
beforeAll(() => {
  trace = openKernelTrace();
});
afterAll(() => {
  trace.close();
});

/** Without what tells apart, where there is more than one: a feed knows that only from then on. */
function withoutPorts(moment: Moment): object {
  if (moment.type === 'lookup') return { ...moment, tellRemotePort: undefined };
  return { ...moment, fromPort: undefined, toPort: undefined, port: undefined };
}

/** System calls are told last. */
const inOrderOfFeed = (moments: readonly Moment[]): readonly Moment[] => [
  ...moments.filter(({ type }) => type !== 'call'),
  ...moments.filter(({ type }) => type === 'call'),
];

function findingsOf(moments: readonly Moment[]): readonly Finding[] {
  const diagnosis = new Diagnosis();
  return [...moments.flatMap((moment) => diagnosis.see(moment)), ...diagnosis.end()];
}

const words = (findings: readonly Finding[]) =>
  findings.map(({ id, certainty, flow, meaning }) => ({ id, certainty, flow, meaning }));

function expectSame(moments: readonly Moment[], run: Recorded): void {
  expect(inOrderOfFeed(moments).map(withoutPorts)).toEqual(inOrderOfFeed(timeline(run)).map(withoutPorts));
  expect(words(findingsOf(moments))).toEqual(words(diagnose(experimentRecording({ ...run, hosts: BOTH_ENDS }))));
}

describe.runIf(TRACING)('a feed', () => {
  test.each([
    ...['raw-alone', 'raw-filtered', 'no-listen', 'reset-rules', 'late-rst', 'bad-checksum', 'self-connect'],
    ...['no-accept', 'adopt', 'owner', 'nft', 'lookup-order', 'simultaneous-open', 'half-open'],
  ])('of %s has the moments of its time line, and its findings', async (id) => {
    const feed = new Feed();
    const [run, moments] = await Promise.all([
      runExperiment(experimentOf(id), { family: 4, trace, feed }),
      momentsOf(feed),
    ]);
    expect(run.packets.length + run.kernel.length).toBeGreaterThan(0);
    expectSame(moments, run);
  });

  test('of an experiment in several labs is given in the end', async () => {
    const feed = new Feed();
    const [run, moments] = await Promise.all([
      runExperiment(experimentOf('recipes'), { family: 4, trace, feed }),
      momentsOf(feed),
    ]);
    expect(moments).toEqual(timeline(run));
  });
});

test('what happens is told of while it goes on, in the order of time, and the loop may be left', async () => {
  const feed = new Feed();
  await onBench({ family: 4, feed }, async (bench) => {
    const client = bench.byHand('client');
    bench.scene({ en: 'nobody listens', zh: '无人监听' });
    client.send('S');
    const told: string[] = [];
    for await (const moment of feed) {
      told.push(moment.type);
      if (told.length === 3) break;
    }
    expect(told).toEqual(['scene', 'packet', 'packet']);
    expect(bench.packets()).toHaveLength(2);
  });
});

test('a run that fails ends its feed, with what there was', async () => {
  const feed = new Feed();
  const all = momentsOf(feed);
  const run = onBench({ family: 4, feed }, async (bench) => {
    const client = bench.byHand('client');
    client.send('S');
    await client.expect('S.');
  });
  await expect(run).rejects.toThrow('this came instead');
  expect((await all).map(({ type }) => type)).toEqual(['packet', 'packet']);
});
