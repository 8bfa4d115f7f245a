/** Some version of Node, as the npm registry has it: program and header files. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface OtherNode {
  /** `v26.10.0` */
  readonly version: string;
  /** The program. */
  readonly path: string;
  /** Whether the package raw-socket could be built for it. */
  readonly hasRawSocket: boolean;
}

/** Installs it below `tree`, and builds `tree`'s raw-socket for it. */
export function installNode(version: string, tree: string): OtherNode {
  const name = `node-linux-${process.arch}`;
  const home = join(tree, 'build', 'node');
  mkdirSync(home, { recursive: true });
  npm(home, ['install', '--no-save', '--prefix', home, `${name}@${version}`]);
  const root = join(home, 'node_modules', name);
  const path = join(root, 'bin', 'node');
  return {
    version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(),
    path,
    hasRawSocket: buildRawSocket(tree, path, root),
  };
}

function buildRawSocket(tree: string, path: string, root: string): boolean {
  try {
    npm(tree, ['rebuild', 'raw-socket', `--nodedir=${root}`], path);
    execFileSync(path, ['-e', "require('raw-socket')"], { cwd: tree, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

const NPM = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');

/** By the Node that `path` names, where npm stands beside ours. */
function npm(cwd: string, args: readonly string[], path = process.execPath): void {
  const env = { ...process.env, PATH: `${dirname(path)}:${process.env['PATH'] ?? ''}` };
  const [program, ...first] = existsSync(NPM) ? [path, NPM] : ['npm'];
  execFileSync(program, [...first, ...args, '--silent'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}
