/** SIGKILL of `run` at fifty moments and of `watch` at twenty: of the program, what it has started and what was made for it nothing is left. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { randomStream } from '../../src/driver/random.js';
import { finish, start } from '../support/cli.js';
import { holdNamespacesMadeBy } from '../support/held-namespaces.js';
import { processesWith as processesOf } from '../support/processes.js';
import { linksAndRules, processesWith, stillAlive, traceInstancesOf } from '../support/traces.js';

/** By how long it sleeps the process that was left behind is known. */
const SLEEPS = String(4_000_000 + process.pid);
const DAEMONIZING = ['/usr/bin/python3', 'test/support/daemonizing.py', SLEEPS];
const CLIENT = ['/usr/bin/python3', 'test/programs/raw-client.py', '{server}', '{port}'];
const RUN = ['run', '--fix', '--', ...DAEMONIZING, ...CLIENT];
const WATCH = ['watch', '--all', '--for', '300'];

const seed = Number(process.env['RAWSHAKE_SEED'] ?? Date.now() % 2 ** 31);

const STATE = '/run/rawshake';
const stateFiles = (): readonly string[] =>
  existsSync(STATE) ? readdirSync(STATE, { recursive: true }).map(String) : [];

interface Killed {
  readonly namespaces: number;
  readonly instances: number;
  readonly leftBehind: number;
}

/** What there was at that moment; of all that nothing is there soon after. */
async function killedAfter(args: readonly string[], momentMs: number): Promise<Killed> {
  const mark = randomUUID();
  const child = start(args, { env: { RAWSHAKE_TEST: mark } });
  const pid = child.pid ?? 0;
  const finished = finish(child);
  await delay(momentMs); // the moment is the stimulus: nothing is waited for here
  const namespaces = holdNamespacesMadeBy(pid);
  const there: Killed = {
    namespaces: namespaces.length,
    instances: traceInstancesOf(pid).length,
    leftBehind: processesOf(`sleep ${SLEEPS}`).length,
  };
  child.kill('SIGKILL');
  await finished; // its output is closed once all that had it are gone
  await vi.waitFor(
    () => {
      expect(processesWith(`RAWSHAKE_TEST=${mark}`)).toEqual([]);
      expect(processesOf(`sleep ${SLEEPS}`)).toEqual([]);
      expect(stillAlive(namespaces)).toEqual([]);
      expect(traceInstancesOf(pid)).toEqual([]);
    },
    { timeout: 10_000, interval: 10 },
  );
  return there;
}

test.each([
  { args: RUN, rounds: 50 },
  { args: WATCH, rounds: 20 },
])('$args.0, at $rounds moments', { timeout: 300_000 }, async ({ args, rounds }) => {
  const random = randomStream(seed);
  const before = { rules: linksAndRules(), files: stateFiles() };
  const startedAt = performance.now();
  if (args === RUN) await finish(start(args));
  const wholeMs = args === RUN ? performance.now() - startedAt : 1500;
  const there: Killed[] = [];
  for (let round = 1; round <= rounds; round++) {
    const momentMs = random() * wholeMs;
    const which = `RAWSHAKE_SEED=${String(seed)}, round ${String(round)}: after ${momentMs.toFixed(1)} ms`;
    try {
      there.push(await killedAfter(args, momentMs));
      expect({ rules: linksAndRules(), files: stateFiles() }).toEqual(before);
    } catch (cause) {
      throw new Error(`left behind (${which}):\n${String(cause)}`, { cause });
    }
  }
  // The moments were in the middle.
  expect(there.some(({ instances }) => instances > 0)).toBe(true);
  if (args === RUN) expect(there.some(({ namespaces, leftBehind }) => namespaces > 0 && leftBehind > 0)).toBe(true);
});
