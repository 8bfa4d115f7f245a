/** What was lost of a trace may have been anything: nothing is judged by what is left of it. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noAccept } from '../../../src/lab/experiments/no-accept.js';
import { simultaneousOpen } from '../../../src/lab/experiments/simultaneous-open.js';
import { inLab } from '../../../src/lab/experiments/stage.js';
import { bindWithoutListening } from '../../../src/linux/port/kernel-socket.js';
import { type KernelTrace, openKernelTrace } from '../../../src/linux/trace/kernel-trace.js';
import { TRACING } from '../../support/root.js';
import { traceInstancesOf } from '../../support/traces.js';

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

test.runIf(TRACING)('all that a stage says of its kernels cannot be had then, and what it heard is shown', async () => {
  trace.mark();
  setBuffer(4);
  await inLab({ family: 4, trace }, (stage) => {
    const { netns } = stage.lab.client;
    expect(stage.kernelEvents()).toEqual([]);
    for (let i = 0; i < 500; i++) bindWithoutListening(netns, stage.flow.src, 20_000 + i).close();
    expect(stage.systemCalls(process.pid, 0)).toBeUndefined();
    expect(stage.kernelEvents()).toBeUndefined();
    expect(stage.evidence().systemCalls.length).toBeGreaterThan(0);
    return Promise.resolve({});
  });
});

test.runIf(TRACING)('what was lost before costs a later run nothing', async () => {
  trace.mark();
  setBuffer(4);
  await inLab({ family: 4, trace }, (stage) => {
    for (let i = 0; i < 500; i++) bindWithoutListening(stage.lab.client.netns, stage.flow.src, 20_000 + i).close();
    expect(stage.kernelEvents()).toBeUndefined();
    return Promise.resolve({});
  });
  setBuffer(1408);
  const { facts } = await noAccept.observe({ family: 4, trace }, noAccept.world);
  expect(facts.calls).toEqual(noAccept.facts.calls.expected);
  const { facts: states } = await simultaneousOpen.observe({ family: 4, trace }, simultaneousOpen.world);
  expect(states.clientStates).toEqual(simultaneousOpen.facts.clientStates.expected);
});
