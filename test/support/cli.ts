/** Runs the program as a user does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * In front of a command: root without the capabilities that a lab needs, which a user namespace has to make up for.
 * CAP_SETFCAP alone stays, for without it root may not map itself into one (verify_root_map).
 */
export const WITHOUT_CAPABILITIES = ['setpriv', '--bounding-set=-all,+setfcap', '--inh-caps=-all'] as const;

/** In front of a command: those capabilities gone, and no user namespace to make up for them. */
export const WITHOUT_USER_NAMESPACES = [
  ...['unshare', '--user', '--map-root-user', '--mount'],
  ...['sh', '-c', 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', 'sh'],
  ...WITHOUT_CAPABILITIES,
] as const;

const NEUTRAL = { LANG: 'C.UTF-8', LC_ALL: '', NO_COLOR: '1' };

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What stands before the command. */
  readonly prefix?: readonly string[];
}

/** `npm run nodes` has others run the program. */
const NODE = process.env['RAWSHAKE_TEST_NODE'] ?? process.execPath;

export function start(args: readonly string[], { env = {}, prefix = [] }: CliOptions = {}): ChildProcess {
  const [program, ...rest] = [...prefix, NODE, 'bin/rawshake.js', ...args];
  if (program === undefined) throw new TypeError('no program');
  return spawn(program, rest, { env: { ...process.env, ...NEUTRAL, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Collects what it prints until it ends. */
export async function finish(child: ChildProcess): Promise<CliResult> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}

export const rawshake = (args: readonly string[], options?: CliOptions): Promise<CliResult> =>
  finish(start(args, options));

/** The JSON document that stdout must be. */
export const json = ({ stdout }: CliResult): unknown => JSON.parse(stdout);
