/** The tests: pure ones anywhere, lab ones in private namespaces. Processes, for setns moves whole threads. */
import { defineConfig } from 'vitest/config';

const lab = [
  'test/lab/**/*.test.ts',
  'test/linux/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/security/**/*.test.ts',
  'test/judges/**/*.test.ts',
  'docs/examples/*.test.mjs',
];

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: ['test/**/*.test.ts'], exclude: lab, testTimeout: 30_000 },
      },
      { extends: true, test: { name: 'lab', include: lab, testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
