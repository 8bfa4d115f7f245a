/** A real program, run in a lab's host while an experiment goes on: nc, strace. */
import { spawn } from 'node:child_process';
import type { HostName } from '../../evidence/host.js';
import { Listeners } from '../../driver/listeners.js';
import { RawshakeError, type Text } from '../../error.js';
import { programEnvironment, tryCommand } from '../../linux/process/command.js';
import { until } from '../until.js';
import type { Bench } from './bench.js';

export interface Child {
  readonly pid: number;
  /** All that it has written to stdout, and to stderr. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** To its stdin. */
  write(text: string): void;
  /** Closes its stdin, and gives its exit status once it has ended; undefined where a signal has ended it. */
  ends(): Promise<number | undefined>;
  /** Waits until it has written, or has ended. Throws as `until` does. */
  until(what: Text, condition: () => boolean): Promise<void>;
}

/** Starts it; where it still runs when the bench is taken down, it is killed. */
export function startChild(
  { lab, leases, signal }: Bench,
  host: HostName,
  argv: readonly [string, ...string[]],
): Child {
  const [program, ...args] = argv;
  // A session of its own: Ctrl-C reaches this process alone, which then ends it.
  const child = lab[host].netns.run(() => spawn(program, args, { env: programEnvironment(), detached: true }));
  const progress = new Listeners<undefined>();
  let [stdout, stderr] = ['', ''];
  let ended = false;
  leases.defer(() => {
    child.kill('SIGKILL');
  });
  const tell = (): void => {
    progress.emit(undefined);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  // It may have ended before it has read all.
  child.stdin.on('error', () => undefined);
  child
    .on('error', () => undefined)
    .on('close', () => {
      ended = true;
      tell();
    });
  const wait = (what: Text, condition: () => boolean) =>
    until(
      what,
      () => ended || condition(),
      (check) => progress.add(check),
      signal,
    );
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    write: (text) => child.stdin.write(text),
    async ends() {
      child.stdin.end();
      await wait({ en: `${program} to end`, zh: `${program} 结束` }, () => false);
      return child.exitCode ?? undefined;
    },
    until: wait,
  };
}

/** Other programs of that name do not speak of what they do. */
export const hasOpenBsdNc = (): boolean => tryProgram(['nc', '-h'])?.includes('OpenBSD') === true;

/** Whether a program is installed, and what it says when it is run so; undefined where it is not, or cannot do it. */
export function tryProgram(argv: readonly [string, ...string[]]): string | undefined {
  try {
    const { status, stdout, stderr } = tryCommand(argv);
    return status === 0 ? stdout + stderr : undefined;
  } catch (error) {
    if (error instanceof RawshakeError && error.code !== 'RS_INTERRUPTED') return undefined;
    throw error;
  }
}
