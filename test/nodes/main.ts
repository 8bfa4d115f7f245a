/**
 * `npm run nodes -- [VERSION…]`: a part of the tests on other versions of Node, from the npm registry, each in a copy of this
 * working tree with raw-socket built for it. Prints a row for each; exit status 1 where anything failed. Needs root.
 */
import { rmSync } from 'node:fs';
import { installNode } from './node.js';
import { copyOfTree } from './tree.js';
import { runTests } from './suite.js';

const VERSIONS = ['18.20', '20.19', '22', '24', '26'];

const asked = process.argv.slice(2);
const write = (...cells: readonly string[]): void => {
  process.stdout.write(`${cells.map((cell, i) => cell.padEnd([12, 12, 10, 8][i] ?? 0)).join('')}\n`);
};

write('node', 'raw-socket', 'passed', 'failed');
for (const version of asked.length > 0 ? asked : VERSIONS) {
  const tree = copyOfTree();
  try {
    const node = installNode(version, tree);
    const { passed, failed } = runTests(node, tree);
    write(node.version, node.hasRawSocket ? 'built' : 'not built', String(passed), String(failed.length));
    for (const name of failed) process.stdout.write(`  ${name}\n`);
    if (failed.length > 0 || passed === 0 || !node.hasRawSocket) process.exitCode = 1;
  } finally {
    rmSync(tree, { recursive: true });
  }
}
