/** Programs of strangers in a case: each alone in an enclosure without privileges, for a time, within limits. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { RawshakeError, verbatim } from '../error.js';
import type { RanProgram } from '../evidence/exercise.js';
import type { EndName } from '../evidence/host.js';
import type { Bench } from '../lab/bench/bench.js';
import { quiet } from '../lab/run/quiet.js';
import { askOf } from '../lab/run/witness.js';
import { monotonicNow } from '../linux/libc/clock.js';
import { type Enclosure, openEnclosure, type ProgramEnd } from '../linux/namespace/enclosure.js';
import { unprivileged } from '../linux/namespace/unprivileged.js';
import { SYSTEM_PATH } from '../linux/process/command.js';
import { MissingValue } from './expression.js';
import { kept, type Room } from './kept.js';

export interface ForeignProgram {
  /** Where it stands in the script. */
  readonly step: string;
  readonly host: EndName;
  readonly argv: readonly [string, ...string[]];
  /** What lies where it stands. */
  readonly files: Readonly<Record<string, string>>;
  readonly mostMs: number;
  /** Of each of its processes. */
  readonly memoryMiB: number;
  /** The script goes on meanwhile. */
  readonly background: boolean;
}

/** Of one case. */
const MOST_PROGRAMS = 50;

/** Where its files are, and nothing else. */
const FOLDER = '/tmp';

/** Nothing of this process's own, which may hold secrets. */
const ENVIRONMENT = {
  PATH: SYSTEM_PATH.join(':'),
  HOME: FOLDER,
  TMPDIR: FOLDER,
  LANG: 'C.UTF-8',
  PYTHONUNBUFFERED: '1', // what it wrote before it was ended is to be seen
};

const MOST_OUTPUT_BYTES = 4096;

export class ForeignPrograms {
  readonly ran: RanProgram[] = [];
  readonly #asked = new Set<EndName>();
  readonly #running = new Map<Enclosure, Promise<void>>();
  #isOver = false;
  #started = 0;

  constructor(
    private readonly bench: Bench,
    private readonly room: Room,
  ) {}

  /**
   * To its end, unless it is to go on in the background.
   * @throws {MissingValue} where there were too many; {RawshakeError} RS_NOT_IN_KERNEL where its packets cannot be told from its kernel's,
   * and as `openEnclosure` and `Enclosure.start`
   */
  async run(program: ForeignProgram): Promise<void> {
    if (++this.#started > MOST_PROGRAMS) throw tooMany();
    const { bench } = this;
    if (!bench.tellsPrograms) throw senderUnknown(); // it would be held against the program
    const { host, argv, files, mostMs, memoryMiB, background } = program;
    const enclosure = bench.leases.add(await openEnclosure({ netns: bench.lab[host].netns, root: { files } }));
    const stopAsking = this.#ask(host, enclosure.init);
    const startedAt = monotonicNow();
    const cpuSeconds = Math.ceil(mostMs / 1000);
    const { pid, ended, stdout, stderr } = await enclosure.start(unprivileged(argv, { memoryMiB, cpuSeconds }), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENVIRONMENT,
      cwd: FOLDER,
    });
    bench.countIn(pid);
    const written = outputOf([stdout, stderr]);
    const done = this.#until(ended, mostMs).then(async (end) => {
      stopAsking();
      enclosure.close(); // and with it all that it has started
      this.#running.delete(enclosure);
      const output = await written;
      this.room.prose(verbatim(output));
      const durationMs = monotonicNow() - startedAt;
      this.ran.push({ step: program.step, argv: argv.map(kept), ...end, output, durationMs });
    });
    if (background) {
      done.catch(() => undefined); // told to whoever ends it
      this.#running.set(enclosure, done);
      return;
    }
    await done;
    await quiet(bench);
  }

  /** Those in the background. */
  async end(): Promise<void> {
    this.#isOver = true;
    const running = [...this.#running];
    for (const [enclosure] of running) enclosure.close();
    await Promise.all(running.map(([, done]) => done));
  }

  /** As it ends: by itself, when its time is over, or when it is closed with the case. */
  async #until(ended: Promise<ProgramEnd>, mostMs: number): Promise<ProgramEnd & Pick<RanProgram, 'endedFor'>> {
    const { signal } = this.bench;
    const over = new AbortController();
    const late = delay(mostMs, undefined, {
      signal: signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]),
    }).catch(() => undefined);
    const own = ended.catch((): ProgramEnd => ({ signal: 'SIGKILL' }));
    try {
      const end = await Promise.race([own, late]);
      if (this.#isOver) return { ...end, endedFor: 'done' };
      return end ?? { signal: 'SIGKILL', endedFor: signal?.aborted === true ? 'interrupt' : 'time-out' };
    } finally {
      over.abort();
    }
  }

  /** Whose the connections of a host are, while its first program goes on; until what it gives is called. */
  #ask(host: EndName, pid: number): () => void {
    if (this.#asked.has(host)) return () => undefined;
    this.#asked.add(host);
    const stop = askOf(this.bench, host, pid);
    return () => {
      this.#asked.delete(host);
      stop();
    };
  }
}

/** The end of what is written, when nobody can write any more. */
async function outputOf(streams: readonly (Socket | undefined)[]): Promise<string> {
  let end = Buffer.alloc(0);
  const all = streams.flatMap((stream) => (stream === undefined ? [] : [stream]));
  const closed = all.map((stream) => once(stream, 'close'));
  for (const stream of all)
    stream.on('data', (bytes: Buffer) => {
      end = Buffer.concat([end, bytes]).subarray(-MOST_OUTPUT_BYTES);
    });
  await Promise.all(closed);
  return end.toString();
}

const senderUnknown = (): RawshakeError =>
  new RawshakeError(
    'RS_NOT_IN_KERNEL',
    {
      en: 'what a program sends cannot be told from what its kernel sends: that needs nf_tables, and Linux 5.12',
      zh: '无法区分报文由程序还是内核发出：这需要 nf_tables 和 Linux 5.12',
    },
    {
      hint: {
        en: 'See what this kernel offers: rawshake doctor',
        zh: '请查看此内核支持什么：rawshake doctor',
      },
    },
  );

const tooMany = (): MissingValue =>
  new MissingValue({
    en: `in a case at most ${String(MOST_PROGRAMS)} programs are run`,
    zh: `一种情况中最多运行 ${String(MOST_PROGRAMS)} 个程序`,
  });
