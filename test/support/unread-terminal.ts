/** Runs the program on a terminal whose other side reads nothing: a line that is frozen. pty(7). */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const HOLD = `
import pty, select, subprocess, sys
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
print(child.pid, flush=True)
select.select([master], [], [])
print('written to', flush=True)
code = child.wait()
print(code if code >= 0 else 128 - code, flush=True)
`;

export interface OnUnreadTerminal {
  readonly pid: number;
  /** Resolves when it has written something. */
  readonly written: Promise<void>;
  /** Its exit status as a shell tells it, once it has ended. */
  readonly ended: Promise<number>;
}

export async function onUnreadTerminal(prefix: readonly string[], args: readonly string[]): Promise<OnUnreadTerminal> {
  const holder = spawn('python3', ['-c', HOLD, ...prefix, process.execPath, 'bin/rawshake.js', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const pid = Number(await next());
  const written = next();
  return { pid, written: written.then(() => undefined), ended: written.then(next).then(Number) };
}
