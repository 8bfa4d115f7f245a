/** Runs the program on a terminal that goes away while it runs, as where a window is closed or a line breaks. pty(7). */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Whoever leads a session is told by SIGHUP that its terminal has hung up; who only writes to it is not. */
const HOLD = `
import os, pty, resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
master, slave = pty.openpty()
def lead():
    os.setsid()
    if sys.argv[1] == 'leads':
        os.close(os.open(os.ttyname(slave), os.O_RDWR))
child = subprocess.Popen(sys.argv[2:], stdin=slave, stdout=slave, stderr=slave, preexec_fn=lead)
os.close(slave)
print(child.pid, flush=True)
for line in sys.stdin:
    if line == 'read\\n':
        os.read(master, 65536)
    else:
        os.close(master)
    print('done', flush=True)
print(child.wait(), flush=True)
`;

export interface OnTerminal {
  readonly pid: number;
  /** Resolves when it has written something. */
  written(): Promise<void>;
  /** Has the terminal go away. */
  hangUp(): Promise<void>;
  /** Resolves when it has ended: its exit status, or the number of the signal that it died of, negative. */
  ended(): Promise<number>;
}

export async function onTerminal(
  how: 'leads' | 'writes',
  args: readonly string[],
  prefix: readonly string[] = [],
): Promise<OnTerminal> {
  const words = [...prefix, process.execPath, 'bin/rawshake.js', ...args];
  const holder = spawn('python3', ['-c', HOLD, how, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const tell = async (word: string): Promise<void> => {
    holder.stdin.write(`${word}\n`);
    await next();
  };
  const pid = Number(await next());
  return {
    pid,
    written: () => tell('read'),
    hangUp: () => tell('hang up'),
    ended: async () => {
      holder.stdin.end();
      return Number(await next());
    },
  };
}
