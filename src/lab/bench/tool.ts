/** Runs a program that may not be installed, inside a host, while this process goes on. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { notStarted, programEnvironment } from '../../linux/process/command.js';
import type { EndName } from '../../evidence/host.js';
import type { LabHost } from '../host.js';
import { interrupted } from '../until.js';
import type { Bench } from './bench.js';

export interface ToolResult {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What it wrote and how it ended; undefined where it is not installed. An abort kills it.
 * @throws {RawshakeError} RS_INTERRUPTED when the run is aborted; RS_LIMIT, RS_COMMAND_FAILED where it could not be started
 */
export async function runTool(
  host: LabHost,
  argv: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<ToolResult | undefined> {
  const stopIfAborted = (): void => {
    if (signal?.aborted === true) throw interrupted();
  };
  stopIfAborted();
  const [program, ...args] = argv;
  const child = host.netns.run(() =>
    // A session of its own, so that Ctrl-C reaches this process alone.
    spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: programEnvironment(), detached: true }),
  );
  const kill = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  const ended = new Promise<number | null | undefined>((resolve, reject) => {
    child
      .once('error', (cause) => {
        const error = notStarted(program, cause);
        if (error.code === 'RS_MISSING_TOOL') resolve(undefined);
        else reject(error);
      })
      .once('close', (status) => {
        resolve(status);
      });
  });
  const [stdout, stderr, status] = await Promise.all([allOf(child.stdout), allOf(child.stderr), ended]);
  signal?.removeEventListener('abort', kill);
  stopIfAborted();
  return status === undefined ? undefined : { status, stdout, stderr };
}

/** Where it could not be started for want of descriptors, there is no such stream. */
const allOf = async (stream: Readable | undefined): Promise<string> => (stream === undefined ? '' : text(stream));

/** What to say where it is not installed: for `Bench.lacks`. */
export const notInstalled = (program: string): { readonly en: string; readonly zh: string } => ({
  en: `${program} is not installed`,
  zh: `没有安装 ${program}`,
});

/** What ss prints of `host`, line by line, without a heading; where it is not installed the bench is told, and undefined. */
export async function linesOfSs(
  bench: Bench,
  host: EndName,
  ...args: readonly string[]
): Promise<readonly string[] | undefined> {
  const result = await runTool(bench.lab[host], ['ss', '-H', ...args], bench.signal);
  if (result === undefined) bench.lacks(notInstalled('ss'));
  return result?.stdout.split('\n').filter((line) => line !== '');
}
