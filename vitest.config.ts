/** The tests: pure ones anywhere, lab ones in private namespaces. Processes, for setns moves whole threads. */
import { defineConfig } from 'vitest/config';

/** They load the machine, or look at all of it: its trace, of which a busy machine loses some, links, rules, journal, memory. Nothing runs beside them. */
const alone = [
  'test/cli/{filter,interrupt,lab,missing,sigkill,told-live,watch}.test.ts',
  'test/lab/{bulk,programs,run,ten-thousand-resets,who-sent}.test.ts',
  'test/experiments/{backlog,conntrack}.test.ts',
  'test/live/{nat,ten-thousand-resets,watch}.test.ts',
  'test/security/{ack-storm,flood,interrupt,journal,memory,trace}.test.ts',
];

const lab = [
  'test/experiments/**/*.test.ts',
  'test/lab/**/*.test.ts',
  'test/linux/**/*.test.ts',
  'test/live/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/security/**/*.test.ts',
  'test/judges/**/*.test.ts',
  'docs/examples/*.test.mjs',
];

const inLabs = { testTimeout: 60_000, hookTimeout: 60_000 };

/** What runs beside one another shares these: three on two processors, for labs wait. */
const beside = { maxWorkers: 3, sequence: { groupOrder: 0 } };

const PURE = {
  extends: true as const,
  test: { name: 'pure', include: ['test/**/*.test.ts'], exclude: lab, isolate: false, testTimeout: 30_000, ...beside },
};
const LAB = { extends: true as const, test: { name: 'lab', include: lab, exclude: alone, ...inLabs, ...beside } };
const ALONE = {
  extends: true as const,
  test: { name: 'alone', include: alone, ...inLabs, maxWorkers: 1, sequence: { groupOrder: 1 } },
};

/** Mutants (stryker.config.js) are for those of the pure ones to find that say what they want; thousands of seeds would find them late. */
const FOR_MUTANTS = {
  ...PURE,
  // A worker that is used again would not see the next mutant; and Stryker has a limit of time of its own.
  test: { ...PURE.test, exclude: [...lab, 'test/{property,sim}/**'], isolate: true, testTimeout: 300_000 },
};
const isMutated = process.env['STRYKER_MUTATOR_WORKER'] !== undefined;

export default defineConfig({
  test: {
    pool: 'forks',
    // What was compiled for the last run serves the next, of files that are the same; but who imports whom is not kept.
    experimental: { fsModuleCache: !isMutated },
    projects: isMutated ? [FOR_MUTANTS] : [PURE, LAB, ALONE],
  },
});
