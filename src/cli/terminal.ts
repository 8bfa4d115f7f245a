/**
 * Terminals that nobody reads: Ctrl-S, a line that is frozen. Node writes to them in calls that wait in the kernel, in which
 * a server stands still and a signal ends nothing; so what is not taken waits in this process instead, as with pipes.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { WriteStream } from 'node:tty';

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;

/** To be called again where a child had the terminal: Node has them wait for a child's sake. */
export function neverWaitForTerminals(): void {
  const { stdout, stderr } = process;
  const [out, err] = [isOurs(stdout, 1), isOurs(stderr, 2)];
  if (out) neverWait(stdout);
  if (err) neverWait(stderr);
  // What goes to one terminal goes there in order.
  if (out && err && fstatSync(1).rdev === fstatSync(2).rdev)
    Object.defineProperty(process, 'stderr', { configurable: true, enumerable: true, get: () => stdout });
}

/** What Node's own streams call, too. */
const neverWait = (stream: WriteStream): unknown =>
  (stream as { readonly _handle?: { setBlocking?(wait: boolean): unknown } })._handle?.setBlocking?.(false);

/** Resolves when all that was written to standard output has been taken. */
export const allTaken = (): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write('', () => {
      resolve();
    });
  });

/**
 * Whether it is a terminal that libuv has opened anew, as it does where it can be (uv_tty_init), so that the flag is ours
 * alone, and not the shell's too.
 */
function isOurs({ isTTY }: WriteStream, fd: 1 | 2): boolean {
  if (!isTTY) return false;
  try {
    const path = readlinkSync(`/proc/self/fd/${String(fd)}`);
    const [named, open] = [statSync(path), fstatSync(fd)];
    if (named.dev !== open.dev || named.ino !== open.ino || basename(path) === 'ptmx') return false;
    closeSync(openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}
