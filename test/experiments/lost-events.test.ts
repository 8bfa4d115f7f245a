/** What was lost of a trace may have been anything: nothing is judged by what is left of it. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noAccept } from '../../src/experiments/no-accept/no-accept.js';
import { simultaneousOpen } from '../../src/experiments/simultaneous-open/simultaneous-open.js';
import { observe } from '../../src/experiments/observe.js';
import { bindWithoutListening } from '../../src/linux/port/kernel-socket.js';
import { type KernelTrace, openKernelTrace } from '../../src/linux/trace/kernel-trace.js';
import { TRACING } from '../support/root.js';
import { traceInstancesOf } from '../support/traces.js';

let trace: KernelTrace;
beforeEach(() => {
  trace = openKernelTrace();
});
afterEach(() => {
  trace.close();
});

const setBuffer = (kilobytes: number): void => {
  for (const instance of traceInstancesOf(process.pid))
    writeFileSync(`/sys/kernel/tracing/instances/${instance}/buffer_size_kb`, String(kilobytes));
};

test.runIf(TRACING)('all that a bench says of its kernels cannot be had then, and what it heard is shown', async () => {
  trace.mark();
  setBuffer(4);
  await observe({ family: 4, trace }, (bench) => {
    const { netns } = bench.lab.client;
    expect(bench.kernelEvents()).toEqual([]);
    bench.watchCalls();
    for (let i = 0; i < 500; i++) bindWithoutListening(netns, bench.flow.src, 20_000 + i).close();
    expect(bench.systemCalls(process.pid, 0)).toBeUndefined();
    expect(bench.kernelEvents()).toBeUndefined();
    expect(bench.evidence().systemCalls.length).toBeGreaterThan(0);
    return Promise.resolve({});
  });
});

test.runIf(TRACING)('what was lost before costs a later run nothing', async () => {
  trace.mark();
  setBuffer(4);
  await observe({ family: 4, trace }, (bench) => {
    bench.watchCalls();
    for (let i = 0; i < 500; i++) bindWithoutListening(bench.lab.client.netns, bench.flow.src, 20_000 + i).close();
    expect(bench.kernelEvents()).toBeUndefined();
    return Promise.resolve({});
  });
  setBuffer(1408);
  const { facts } = await noAccept.observe({ family: 4, trace }, noAccept.world);
  expect(facts.calls).toEqual(noAccept.facts.calls.expected);
  const { facts: states } = await simultaneousOpen.observe({ family: 4, trace }, simultaneousOpen.world);
  expect(states.clientStates).toEqual(simultaneousOpen.facts.clientStates.expected);
});
