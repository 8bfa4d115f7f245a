/** A lab in which other programs make handshakes, with the very listener that bulk runs have; what it accepts is what counts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ACCEPTED, shareMemory, STOP } from '../../src/bulk/control.js';
import { SOURCE_NETWORK } from '../../src/bulk/four-tuples.js';
import { Crew } from '../../src/bulk/workers.js';
import { LINK, SPARE } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { openListener } from '../../src/linux/port/kernel-socket.js';
import { libc } from '../../src/linux/libc/libc.js';
import { setNoLinger } from '../../src/linux/libc/socket.js';
import { countSockets } from '../../src/linux/netlink/socket-census.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';

export const PORT = 8888;
/** The other half of the benchmark range: the server answers for all of it. */
export const MANY_TARGETS = '198.19.0.0/16';
/** As that of a bulk run. */
const BACKLOG = 65_536;
const SAMPLE_MS = 2;
const PATIENCE_MS = 10_000;
const QUIET_MS = 50;

export interface Outing {
  readonly stdout: string;
  /** What the server's program has accepted. */
  readonly accepted: number;
  /** From the first to the last of them: starting and winding up of the program do not count against it. */
  readonly seconds: number;
  /** Connections on the server that were left, and did not go. */
  readonly left: number;
}

export class Arena {
  readonly lab: Lab = createLab();
  readonly #shared = shareMemory(0).control;
  readonly #control = new Int32Array(this.#shared);
  readonly #listenFd: number;
  readonly #crew = new Crew();
  readonly #listener;

  /** `closes`: the server's program resets what it has accepted; else closing it tells nobody but one who still listens. */
  constructor({ closes = false } = {}) {
    const { server } = this.lab;
    setSysctls(server.netns, { 'net.core.somaxconn': BACKLOG });
    server.run(['ip', 'neigh', 'replace', SPARE[4], 'lladdr', SPARE.mac, 'dev', LINK, 'nud', 'permanent']);
    server.run(['ip', 'route', 'add', SOURCE_NETWORK, 'via', SPARE[4]]);
    server.run(['ip', 'route', 'add', 'local', MANY_TARGETS, 'dev', 'lo']);
    this.#listenFd = openListener(server.netns, '0.0.0.0', PORT, BACKLOG);
    if (closes) setNoLinger(this.#listenFd);
    this.#listener = this.#crew.listener({
      listenFd: this.#listenFd,
      reads: false,
      rehearses: true,
      control: this.#shared,
    });
  }

  /** Lets a program loose on the client, and watches the listener. */
  async run(argv: readonly [string, ...string[]]): Promise<Outing> {
    const [program, ...args] = argv;
    const before = this.#accepted;
    const child = this.lab.client.netns.run(() => spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] }));
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const exit = once(child, 'close').then(() => 'over' as const);
    let [seen, firstMs, lastMs] = [before, NaN, NaN];
    while ((await Promise.race([exit, delay(SAMPLE_MS)])) !== 'over') {
      if (this.#accepted === seen) continue;
      lastMs = performance.now();
      if (seen === before) firstMs = lastMs - SAMPLE_MS;
      seen = this.#accepted;
    }
    const left = await this.#left();
    return { stdout, accepted: this.#accepted - before, seconds: (lastMs - firstMs) / 1000, left };
  }

  get #accepted(): number {
    return Atomics.load(this.#control, ACCEPTED);
  }

  /** Once none is left, or no more go; and the listener, which counts a moment after the kernel, counts no more. */
  async #left(): Promise<number> {
    const endMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const before = this.#accepted;
      const { connections, unaccepted } = countSockets(this.lab.server.netns, PORT);
      const left = connections + unaccepted;
      await delay(left === 0 ? QUIET_MS : SAMPLE_MS);
      if ((left === 0 && this.#accepted === before) || performance.now() > endMs) return left;
    }
  }

  async close(): Promise<void> {
    Atomics.store(this.#control, STOP, 1);
    await this.#listener.ended;
    await this.#crew.dismiss();
    libc('close', this.#listenFd);
    this.lab.close();
  }
}
