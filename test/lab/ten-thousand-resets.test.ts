/** Ten thousand RSTs of ten kinds, mixed, as in runs: none is said to be of somebody who has not sent it, and of few it is not known. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Family } from '../../src/lab/addresses.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { flowOfPacket } from '../../src/evidence/trace/seen-packets.js';
import { kernelEvents } from '../../src/lab/kernel-evidence.js';
import { ProgramTaps } from '../../src/lab/who-sent/program-taps.js';
import { Leases } from '../../src/linux/process/leases.js';
import { openKernelTrace } from '../../src/linux/trace/kernel-trace.js';
import { TcpFlag } from '../../src/wire/index.js';
import { judged, labForResets, makeResets, resetSeed, type ToldReset, type Truth } from '../support/many-resets.js';

let leases: Leases;
beforeEach(() => {
  leases = new Leases();
});
afterEach(() => {
  leases.close();
});

const TRUTH: Truth = {
  1001: ['client kernel nobody', 'client kernel'],
  1002: ['client kernel firewall', 'client kernel'],
  1003: ['client program tcp'],
  1004: ['client program tcp'],
  1005: ['client kernel orphan', 'client kernel'],
  1006: ['client kernel listener', 'client kernel'],
  1007: ['client kernel half-open', 'client kernel'],
  1008: ['client program raw'],
  1009: ['client program packet'],
  1010: ['server kernel nobody', 'server kernel'],
};

/** A run's trace and captures hold all of so many. */
const OF_EACH = 50;
const RUNS = 10;

const toldIn = (packets: readonly ObservedPacket[]): readonly ToldReset[] =>
  packets
    .filter(({ segment: { flags } }) => (flags & TcpFlag.RST) !== 0)
    .map((packet) => {
      const { from, sender, program, sentFor } = packet;
      const words = [from, sender, program?.socket, sentFor].filter((word) => word !== undefined);
      return { flow: flowOfPacket(packet), told: words.join(' ') };
    });

/** As `run` does it; without what the kernel says, too. */
async function oneRun(of: Leases, family: Family, ofEach: number, seed: number) {
  const lab = labForResets(of, family);
  const taps = new ProgramTaps(lab, of);
  const trace = of.add(openKernelTrace());
  const fromMs = trace.mark();
  const told = await makeResets(lab, { family, ofEach, perSecond: 1000, seed }, (pid) => {
    const packets = taps.packets();
    const events = kernelEvents(trace, lab, { fromMs, packets, pids: [pid] });
    return { without: toldIn(packets), withTrace: toldIn(taps.packets(events)) };
  });
  return { ...told, missing: [...taps.missing, ...trace.missing] };
}

test.each([4, 6] as const)('in runs, IPv%i', { timeout: 120_000 }, async (family) => {
  const seed = resetSeed();
  const told: Record<'without' | 'withTrace' | 'withAll', ToldReset[]> = { without: [], withTrace: [], withAll: [] };
  for (let nth = 0; nth < RUNS; nth++) {
    const ofRun = leases.add(new Leases());
    const { without, withTrace, missing } = await oneRun(ofRun, family, OF_EACH, seed + nth);
    ofRun.close();
    told.without.push(...without);
    told.withTrace.push(...withTrace);
    // A trace is of all that this machine does.
    if (missing.length === 0) told.withAll.push(...withTrace);
  }
  const which = `RAWSHAKE_SEED=${String(seed)}`;
  expect(judged(told.withTrace, TRUTH), which).toMatchObject({ wrong: [], of: 10 * OF_EACH * RUNS });
  expect(judged(told.without, TRUTH), which).toMatchObject({ wrong: [], of: 10 * OF_EACH * RUNS });
  const { lessKnown, of } = judged(told.withAll, TRUTH);
  expect(of).toBeGreaterThan(0);
  expect(lessKnown.length / of, `${which}: ${lessKnown.slice(0, 20).join(', ')}`).toBeLessThan(0.02);
});

test('more than a trace holds: less is known, and nothing wrong', { timeout: 60_000 }, async () => {
  const seed = resetSeed();
  const { withTrace, missing } = await oneRun(leases, 4, 300, seed);
  expect(missing).toMatchObject([{ en: expect.stringMatching(/^\d+ events that were lost/) as string }]);
  expect(judged(withTrace, TRUTH), `RAWSHAKE_SEED=${String(seed)}`).toMatchObject({ wrong: [], of: 3000 });
});
