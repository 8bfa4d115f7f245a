/** Runs the program on a terminal of its own, types into it, and reads what a person would see. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { shellLine } from '../../src/filter/shell.js';

const ESCAPE = '\u001b';

export class Terminal {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #raw = '';
  #seen = '';
  #from = 0;
  #check: () => void = () => undefined;

  /** @param around the line for bash that has the program's in it */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}, around = (program: string): string => program) {
    const line = around(shellLine([process.execPath, 'bin/rawshake.js', ...args]));
    // script(1) gives it a terminal, and its own exit status is the program's.
    this.#child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      env: {
        ...process.env,
        LANG: 'C.UTF-8',
        LC_ALL: '',
        NO_COLOR: '1',
        SHELL: '/bin/bash',
        HOME: '/nonexistent',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#raw += text;
      // A sequence of the terminal that is not there as a whole yet waits for its rest.
      const escape = this.#raw.lastIndexOf(ESCAPE);
      const isCut = escape >= 0 && !/[a-zA-Z]/.test(this.#raw.slice(escape));
      const complete = isCut ? escape : this.#raw.length;
      this.#seen += stripVTControlCharacters(this.#raw.slice(0, complete));
      this.#raw = this.#raw.slice(complete);
      this.#check();
    });
  }

  /** All that was shown up to now, without colours and the like. */
  get seen(): string {
    return this.#seen;
  }

  /** Waits until `pattern` is shown, after what was waited for before; gives what it matched. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.seen.slice(this.#from));
      if (found !== null) {
        this.#from += found.index + found[0].length;
        return found;
      }
      const more = new Promise<void>((resolve) => (this.#check = resolve));
      const isOver = await Promise.race([more.then(() => false), this.#ended.then(() => true)]);
      if (isOver && !pattern.test(this.seen.slice(this.#from)))
        throw new Error(`never shown: ${String(pattern)}\n${this.seen}`);
    }
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** The program's exit status. */
  async ended(): Promise<number | null> {
    const [code] = await this.#ended;
    return code as number | null;
  }

  /** Ends it, whatever it is doing. */
  close(): void {
    this.#child.kill('SIGTERM');
  }
}
