/** `rawshake lab shell` and the line that it prints for a second terminal, each fed lines as a person would paste them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ByHand } from '../../src/evidence/experiment.js';
import type { EndName } from '../../src/evidence/host.js';

const NEUTRAL = { LANG: 'C.UTF-8', LC_ALL: '', NO_COLOR: '1', SHELL: '/bin/bash' };

/** For what a program in the background is to print. */
const PATIENCE_MS = 20_000;

/** A bash that reads lines from us; what it prints is cut by marks. */
class Shell {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #printed = '';
  #check: () => void = () => undefined;

  constructor(argv: readonly string[]) {
    const [program = '', ...args] = argv;
    this.#child = spawn(program, args, { env: { ...process.env, ...NEUTRAL }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#printed += text;
        this.#check();
      });
    }
  }

  get printed(): string {
    return this.#printed;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits until it has printed `text`; false where it ended before. */
  async until(text: string): Promise<boolean> {
    while (!this.#printed.includes(text)) {
      const more = new Promise<boolean>((resolve) => (this.#check = () => resolve(true)));
      if (!(await Promise.race([more, this.#ended.then(() => false)]))) return this.#printed.includes(text);
    }
    return true;
  }

  /** Waits until what it has printed from `start` on matches, but not for ever. */
  async untilMatches(pattern: RegExp, start: number): Promise<void> {
    const tooLate = AbortSignal.timeout(PATIENCE_MS);
    const late = new Promise<boolean>((resolve) => {
      tooLate.addEventListener('abort', () => resolve(false));
    });
    while (!pattern.test(this.#printed.slice(start))) {
      const more = new Promise<boolean>((resolve) => (this.#check = () => resolve(true)));
      if (!(await Promise.race([more, late, this.#ended.then(() => false)]))) return;
    }
  }

  async ended(): Promise<number | null> {
    const [code] = await this.#ended;
    return code as number | null;
  }

  end(): Promise<number | null> {
    this.#child.stdin?.end();
    return this.ended();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** A lab with a shell in each host. */
export class LabShells {
  /** The program itself, whose own shell is in the client. */
  readonly client: Shell;
  #server: Shell | undefined;
  #marks = 0;

  constructor(options: readonly string[] = []) {
    this.client = new Shell([process.execPath, 'bin/rawshake.js', 'lab', 'shell', 'client', ...options]);
  }

  /** The line that opens a second terminal in a host. */
  async enterLine(host: EndName): Promise<string> {
    await this.client.until('\n\n');
    await this.client.until('  server  nsenter');
    const [, line] = new RegExp(`^ {2}${host} {2}(nsenter .*)$`, 'm').exec(this.client.printed) ?? [];
    if (line === undefined) throw new Error(`no line for the ${host}:\n${this.client.printed}`);
    return line;
  }

  async in(host: EndName): Promise<Shell> {
    if (host === 'client') return this.client;
    this.#server ??= new Shell(['sh', '-c', `exec ${await this.enterLine('server')}`]);
    return this.#server;
  }

  /** Runs a line to its end; gives what was printed meanwhile, and a way to wait for what it prints later. */
  async run(host: EndName, line: string): Promise<Ran> {
    const shell = await this.in(host);
    const mark = `-- done ${String(++this.#marks)} --`;
    if (host === 'client') await this.enterLine('server'); // its introduction is not the line's
    const start = shell.printed.length;
    shell.write(line);
    shell.write(`echo; echo '${mark}'`);
    if (!(await shell.until(mark))) throw new Error(`the shell ended in: ${line}\n${shell.printed.slice(start)}`);
    const printed = shell.printed.slice(start, shell.printed.indexOf(mark));
    return {
      printed,
      later: async (pattern) => {
        await shell.untilMatches(pattern, start);
        return shell.printed.slice(start);
      },
    };
  }

  /** Ends both, and with the lab whatever runs in it; the exit status of the program. */
  async end(): Promise<number | null> {
    const [code] = await Promise.all([this.client.end(), this.#server?.end()]);
    return code;
  }
}

interface Ran {
  readonly printed: string;
  /** All that it has printed once that matches, or has had time enough to. */
  readonly later: (pattern: RegExp) => Promise<string>;
}

/** Runs an experiment's lines in order; gives those that did not print what they should, and what they did print. */
export async function byHandFailures(lines: readonly ByHand[]): Promise<readonly string[]> {
  const shells = new LabShells();
  try {
    const ran = [];
    for (const { host, line, prints } of lines) ran.push({ line, prints, ...(await shells.run(host, line)) });
    const failures: string[] = [];
    for (const { line, prints, printed, later } of ran) {
      if (prints === undefined) continue;
      const pattern = new RegExp(prints, 'm');
      // What a program in the background prints may come while later lines run.
      const shown = /&\s*$/.test(line) ? await later(pattern) : printed;
      if (!pattern.test(shown)) failures.push(`${line}\nprinted: ${shown}`);
    }
    return failures;
  } finally {
    await shells.end();
  }
}
