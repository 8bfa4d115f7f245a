/** A real program, run in a lab's host while an experiment goes on: nc, strace. */
import { spawn } from 'node:child_process';
import type { EndName } from '../../evidence/host.js';
import { Listeners } from '../../driver/listeners.js';
import { RawshakeError, type RawshakeErrorCode, type Text } from '../../error.js';
import { notStarted, programEnvironment, tryCommand } from '../../linux/process/command.js';
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
  /** Waits until it has written, or has ended. Throws as `until` does, and where it could not be started. */
  until(what: Text, condition: () => boolean): Promise<void>;
}

/** Starts it; where it still runs when the bench is taken down, it is killed. */
export function startChild({ lab, leases, signal }: Bench, host: EndName, argv: readonly [string, ...string[]]): Child {
  const [program, ...args] = argv;
  // A session of its own: Ctrl-C reaches this process alone, which then ends it.
  const child = lab[host].netns.run(() => spawn(program, args, { env: programEnvironment(), detached: true }));
  const progress = new Listeners<undefined>();
  let [stdout, stderr] = ['', ''];
  let ended = false;
  let failed: RawshakeError | undefined;
  leases.defer(() => {
    child.kill('SIGKILL');
  });
  const tell = (): void => {
    progress.emit(undefined);
  };
  const streams: Partial<Pick<typeof child, 'stdin' | 'stdout' | 'stderr'>> = child; // none, for want of descriptors
  streams.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  streams.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  const end = (): void => {
    ended = true;
    tell();
  };
  // It may have ended before it has read all.
  streams.stdin?.on('error', () => undefined);
  child
    .on('error', (cause) => {
      failed ??= notStarted(program, cause);
      end();
    })
    .on('close', end);
  const wait = async (what: Text, condition: () => boolean): Promise<void> => {
    await until(
      what,
      () => ended || condition(),
      (check) => progress.add(check),
      signal,
    );
    if (failed !== undefined) throw failed;
  };
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    write: (text) => streams.stdin?.write(text),
    async ends() {
      streams.stdin?.end();
      await wait({ en: `${program} to end`, zh: `${program} 结束` }, () => false);
      return child.exitCode ?? undefined;
    },
    until: wait,
  };
}

/** Other programs of that name do not speak of what they do. */
export const hasOpenBsdNc = (): boolean => tryProgram(['nc', '-h'])?.includes('OpenBSD') === true;

/** What ended the attempt for reasons of its own. */
const SAY_NOTHING_OF_IT: readonly RawshakeErrorCode[] = ['RS_INTERRUPTED', 'RS_LIMIT'];

/** Whether a program is installed, and what it says when it is run so; undefined where it is not, or cannot do it. */
export function tryProgram(argv: readonly [string, ...string[]]): string | undefined {
  try {
    const { status, stdout, stderr } = tryCommand(argv);
    return status === 0 ? stdout + stderr : undefined;
  } catch (error) {
    if (error instanceof RawshakeError && !SAY_NOTHING_OF_IT.includes(error.code)) return undefined;
    throw error;
  }
}
