/** The second lane of `lab run`: a process beside this one, whose evidence is as good, and which may end at any moment. */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { laneInProcess } from '../../src/cli/experiment-process.js';
import { EXPERIMENTS } from '../../src/experiments/all.js';
import { experimentOf } from '../../src/cli/lab-ids.js';
import type { ExperimentRun } from '../../src/evidence/experiment.js';
import { ownLane } from '../../src/experiments/lane.js';
import { runExperiments } from '../../src/experiments/run-experiments.js';
import { holdNamespacesMadeBy } from '../support/held-namespaces.js';
import { TRACING } from '../support/root.js';
import { commandOf, namespacesMadeBy, stillAlive, traceInstancesOf } from '../support/traces.js';

const planned = (id: string) => ({ experiment: experimentOf(id), family: 4 as const });

/** The processes of the lanes that this one has open. */
const lanes = (): number[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '' && commandOf(pid).includes('experiment-child'))
    .map(Number);

/** Waits, by looking, until a lane has a lab. */
async function inTheMiddle(): Promise<{ readonly pid: number; readonly namespaces: readonly string[] }> {
  return vi.waitFor(
    () => {
      const [pid = 0] = lanes();
      expect(namespacesMadeBy(pid).length).toBeGreaterThanOrEqual(2);
      return { pid, namespaces: holdNamespacesMadeBy(pid) };
    },
    { timeout: 30_000, interval: 5 },
  );
}

/** What the kernels said, without moments and addresses in memory. */
const words = ({ kernel }: ExperimentRun): readonly string[] =>
  kernel.map(({ host, event, reason = '', oldState = '', newState = '' }) =>
    [host, event, reason, oldState, newState].join(' '),
  );

test('a run there is a run here, to the last byte of its kind', async () => {
  const [here, there] = [ownLane(), laneInProcess()];
  await there.ready;
  const [own, other] = [await here.run(planned('raw-filtered')), await there.run(planned('raw-filtered'))];
  for (const lane of [here, there]) lane.close();
  expect(other.facts).toEqual(own.facts);
  expect(words(other)).toEqual(words(own));
  const kinds = ({ packets, frames }: ExperimentRun) => ({
    packets: packets.map(({ from, sender, segment }) => [from, sender, segment.flags, segment.payload]),
    // How many there are, IPv6 decides: what it asks routers may come later.
    frames: new Set(frames.map(({ bytes }) => bytes.constructor)),
  });
  expect(kinds(other)).toEqual(kinds(own));
});

test.runIf(TRACING)('two lanes at once: each hears its own kernels only, and its own system calls', async () => {
  const ids = ['raw-alone', 'self-connect', 'simultaneous-open', 'raw-listen', 'self-connect', 'raw-alone'];
  const experiments = ids.map(experimentOf);
  const second = laneInProcess();
  await second.ready;
  const beside = await runExperiments({ experiments, families: [4], beside: () => second });
  const alone = await runExperiments({ experiments, families: [4] });
  const calls = ({ systemCalls }: ExperimentRun) => systemCalls.map(({ name }) => name);
  expect(beside.map(({ id, ok }) => [id, ok])).toEqual(ids.map((id) => [id, true]));
  expect(beside.map(calls)).toEqual(alone.map(calls));
  const resets = (run: ExperimentRun) => words(run).filter((text) => text.includes('tcp_send_reset'));
  expect(beside.map(resets)).toEqual(alone.map(resets));
});

describe('ended before its time', () => {
  test('killed: its run says so, and whoever is left makes the others', async () => {
    const second = laneInProcess();
    await second.ready;
    const experiments = ['half-open', 'raw-alone', 'half-open'].map(experimentOf);
    const runs = runExperiments({ experiments, families: [4], beside: () => second });
    const { pid, namespaces } = await inTheMiddle();
    process.kill(pid, 'SIGKILL');
    const [first, middle, last] = await runs;
    expect([first?.ok, middle?.ok]).toEqual([true, true]);
    expect(last).toMatchObject({ ok: false, failure: { en: 'its process was ended by SIGKILL' }, facts: [] });
    await vi.waitFor(() => {
      expect(stillAlive(namespaces)).toEqual([]);
      expect(traceInstancesOf(pid)).toEqual([]);
    });
  });

  test('aborted: both lanes end, and nothing is left', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const second = laneInProcess(signal);
    await second.ready;
    const experiments = ['half-open', 'half-open'].map(experimentOf);
    const runs = runExperiments({ experiments, families: [4], signal, beside: () => second });
    const { pid, namespaces } = await inTheMiddle();
    controller.abort();
    await expect(runs).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
    await vi.waitFor(() => {
      expect(stillAlive(namespaces)).toEqual([]);
      expect(traceInstancesOf(pid)).toEqual([]);
    });
  });
});

test('what fills the trace of others is made while no other is', () => {
  expect(EXPERIMENTS.filter(({ alone }) => alone === true).map(({ id }) => id)).toEqual(['conntrack']);
});
