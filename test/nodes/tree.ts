/** A copy of the working tree, in which another Node may build what is its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder; whoever has asked for it removes it. */
export function copyOfTree(): string {
  const tree = mkdtempSync(join(tmpdir(), 'rawshake-nodes-'));
  chmodSync(tree, 0o755); // ordinary users run it, too
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    copyFileSync(file, join(tree, file));
  }
  for (const folder of ['node_modules', 'dist', 'bundle']) cpSync(folder, join(tree, folder), { recursive: true });
  return tree;
}
