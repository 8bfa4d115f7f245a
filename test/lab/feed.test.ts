/** The feed of a bench: the moments of the finished run, and the same findings, while it happens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Diagnosis, diagnose, type Finding } from '../../src/diagnosis/index.js';
import { Feed } from '../../src/evidence/feed.js';
import type { Moment } from '../../src/evidence/moment.js';
import { experimentRecording } from '../../src/evidence/recording.js';
import { type Recorded, timeline } from '../../src/evidence/timeline.js';
import { EXPERIMENTS } from '../../src/experiments/all.js';
import { runExperiment } from '../../src/experiments/run-experiment.js';
import { type Bench, onBench } from '../../src/lab/bench/bench.js';
import { type KernelTrace, openKernelTrace } from '../../src/linux/trace/kernel-trace.js';
import { TRACING } from '../support/root.js';

let trace: KernelTrace;
beforeAll(() => {
  trace = openKernelTrace();
});
afterAll(() => {
  trace.close();
});

async function read(feed: Feed): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  for await (const moment of feed) moments.push(moment);
  return moments;
}

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
  expect(words(findingsOf(moments))).toEqual(words(diagnose(experimentRecording(run))));
}

describe.runIf(TRACING)('a feed', () => {
  test.each([
    ...['raw-alone', 'raw-filtered', 'no-listen', 'reset-rules', 'late-rst', 'bad-checksum', 'self-connect'],
    ...['no-accept', 'adopt', 'owner', 'nft', 'lookup-order', 'simultaneous-open', 'half-open'],
  ])('of %s has the moments of its time line, and its findings', async (id) => {
    const experiment = EXPERIMENTS.find((one) => one.id === id);
    if (experiment === undefined) throw new Error(`no experiment ${id}`);
    const feed = new Feed();
    const [run, moments] = await Promise.all([runExperiment(experiment, { family: 4, trace, feed }), read(feed)]);
    expect(run.packets.length + run.kernel.length).toBeGreaterThan(0);
    expectSame(moments, run);
  });
});
