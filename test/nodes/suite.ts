/** What depends on the version of Node: event loop, streams, native calls, and the commands as a user has them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OtherNode } from './node.js';

const FILES = [
  'test/driver',
  'test/printable.test.ts',
  'test/linux/{ports,packet-port,capture}.test.ts',
  'test/lab/{adopt,compare,filter}.test.ts',
  'test/judges/peers.test.ts',
  'test/security/http.test.ts',
  'test/cli/{live,compare,doctor,errors}.test.ts',
];

/** vitest needs a newer Node than rawshake: below it, ours runs it, and the commands alone are run by the other. */
const LEAST_FOR_VITEST = 20;

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Names what failed; a file that could not be loaded counts as one. */
export function runTests(
  node: OtherNode,
  tree: string,
): { readonly passed: number; readonly failed: readonly string[] } {
  const itself = Number(/^v(\d+)/.exec(node.version)?.[1]) >= LEAST_FOR_VITEST;
  const report = join(tree, 'build', 'report.json');
  const files = itself ? FILES : FILES.filter((name) => name.startsWith('test/cli'));
  spawnSync(
    itself ? node.path : process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${report}`, ...files.flatMap(braces)],
    { cwd: tree, env: { ...process.env, RAWSHAKE_TEST_NODE: node.path }, stdio: 'ignore' },
  );
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const failed = testResults.flatMap(({ name, message, assertionResults }) => {
    const names = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    return names.length === 0 && message !== '' ? [`${name}: ${message.split('\n')[0] ?? ''}`] : names;
  });
  return { passed: numPassedTests, failed };
}

/** `a/{b,c}` as `a/b`, `a/c`: vitest's filters are parts of paths, not patterns. */
function braces(text: string): string[] {
  const [, before = text, choices, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(text) ?? [];
  return choices === undefined ? [before] : choices.split(',').map((choice) => `${before}${choice}${after}`);
}
