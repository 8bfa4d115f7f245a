/** Some version of Node, as the npm registry has it: program and header files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
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
    // Not by `npm rebuild`, which passes over packages that are bundled.
    const cwd = join(tree, 'node_modules', 'raw-socket');
    execFileSync(path, [NODE_GYP, 'rebuild', `--nodedir=${root}`], { cwd, env: first(path), stdio: 'pipe' });
    execFileSync(path, ['-e', "require('./node_modules/raw-socket')"], { cwd: tree, stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** npm stands beside Node, and brings node-gyp along. */
const NPM = join(dirname(process.execPath), '../lib/node_modules/npm');
const NODE_GYP = join(NPM, 'node_modules/node-gyp/bin/node-gyp.js');

function npm(cwd: string, args: readonly string[]): void {
  execFileSync(process.execPath, [join(NPM, 'bin/npm-cli.js'), ...args, '--silent'], { cwd, stdio: 'pipe' });
}

/** The environment in which `node` is this one; settings of the npm that runs us are for ours (`nodedir` among them). */
const first = (path: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  PATH: `${dirname(path)}:${process.env['PATH'] ?? ''}`,
});
