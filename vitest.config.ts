/** The tests: pure ones anywhere, lab ones in private namespaces. Processes, for setns moves whole threads. */
import { defineConfig } from 'vitest/config';

/** They load the machine, or look at all of it: its trace, links, rules, journal, memory. Nothing runs beside them. */
const alone = [
  'test/cli/{filter,interrupt,lab,missing}.test.ts',
  'test/lab/bulk.test.ts',
  'test/experiments/{backlog,conntrack}.test.ts',
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

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: lab,
          isolate: false,
          testTimeout: 30_000,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'lab',
          include: lab,
          exclude: alone,
          ...inLabs,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, ...inLabs, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
