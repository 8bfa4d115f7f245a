/**
 * Where a program that is not ours runs on one host of a lab: network, mounts and process ids of its own, and an end that nothing
 * escapes, whatever it does. pid_namespaces(7), mount_namespaces(7).
 */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { RawshakeError, type Text } from '../../error.js';
import { limitHint } from '../../limit.js';
import { ownLock } from '../filter/own-lock.js';
import { closeAllOnExec } from '../libc/close-on-exec.js';
import { closed } from '../libc/closed.js';
import { notStarted, programEnvironment, SYSTEM_PATH } from '../process/command.js';
import { refusedBy, requireProgram, type Where } from '../process/find-program.js';
import { type HostEntry, hostsFile } from './hosts-file.js';
import { LOCK_FD } from './enclosure-init.js';
import type { EnclosureAnswer, EnclosureRequest, EnclosureTask, SentError } from './enclosure-messages.js';
import { notOpened, procOfOutside } from './enclosure-refused.js';
import { type Stdio, StdioEnds } from './enclosure-stdio.js';
import { type NetworkNamespace, startThreadPool } from './netns.js';
import { HOSTS } from './private-mounts.js';
import type { PrivateRoot } from './private-root.js';
import { environmentOfUser } from './user-namespace.js';

export interface EnclosureOptions {
  /** The host that it stands in. */
  readonly netns: NetworkNamespace;
  /** Names that resolve inside, whatever /etc/hosts says of them. That file is left as it is: the one inside is in a mount namespace. */
  readonly hosts?: readonly HostEntry[];
  /** For programs of strangers, which see nothing else of this machine's files. Default: they are as outside. */
  readonly root?: PrivateRoot;
}

export interface ProgramOptions {
  /** stdin, stdout and stderr; by default this process's own, and so its terminal. A number is a descriptor of this process. */
  readonly stdio?: readonly [stdin: Stdio, stdout: Stdio, stderr: Stdio];
  /** All of it; by default `Enclosure.environment`. */
  readonly env?: NodeJS.ProcessEnv;
  /** By default where this process stands. */
  readonly cwd?: string;
}

/** How a program ended: exactly one of both. */
export interface ProgramEnd {
  readonly status?: number;
  readonly signal?: NodeJS.Signals;
}

/** A child of this process, in its session and process group: what is typed on the terminal reaches both. */
export interface EnclosedProgram {
  /** As seen from here. Inside it has another. */
  readonly pid: number;
  /** Its own end; what it has started may go on. Rejects only where the enclosure's thread has died. */
  readonly ended: Promise<ProgramEnd>;
  /** Of those for which `stdio` says `pipe`. */
  readonly stdin?: Socket;
  readonly stdout?: Socket;
  readonly stderr?: Socket;
  /** To the program itself, as long as it runs. */
  signal(name: NodeJS.Signals): void;
}

export interface Enclosure {
  /**
   * Its first process, as seen from here: `/proc/INIT/ns/pid` and `…/mnt` are those of all that is inside, its parent is this
   * process, and the orphans' is it.
   */
  readonly init: number;
  /** The thread of this process whose children its programs are. */
  readonly thread: number;
  /** What it lacks here. */
  readonly missing: Text | undefined;
  /** The user's own, the PATH followed by where administration programs are, and a lock of iptables that nobody else holds. */
  readonly environment: NodeJS.ProcessEnv;
  /**
   * Starts a program, one beside others. The arguments reach it as they are; nothing is inherited but stdin, stdout and stderr.
   * @throws {RawshakeError} RS_USAGE where it is not there or cannot be executed; RS_LIMIT; RS_CLOSED, also where the enclosure's
   * first process was killed
   */
  start(argv: readonly [program: string, ...args: string[]], options?: ProgramOptions): Promise<EnclosedProgram>;
  /** Ends all that is inside by SIGKILL, whatever it does, and waits for it, two seconds at most. Idempotent. So does this process's end. */
  close(): void;
}

/** A thread runs compiled code: beside the sources, as in the tests, it is that of the last build. */
const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/linux/namespace/' : './', import.meta.url);

const SMALL_HEAP = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

/** Killing is the kernel's affair; only what hangs in a call that no signal ends takes longer. */
const [CLOSING_MS, PATIENCE_MS] = [2000, 300];

/** Where the first process is about to end, the kernel makes no other: ENOMEM. alloc_pid() */
const ENDING_MS = 200;

const NAME: Text = { en: 'enclosure', zh: '隔离环境' };

/**
 * Makes one, on a thread of its own that goes inside.
 * @throws {RawshakeError} RS_NO_PRIVILEGE, RS_LIMIT, RS_MISSING_TOOL (setpriv), RS_FILE (no /etc/hosts to put names before),
 * RS_USAGE (a name or address that is none), RS_CLOSED (the network namespace)
 */
export async function openEnclosure({ netns, hosts = [], root }: EnclosureOptions): Promise<Enclosure> {
  netns.run(() => undefined); // closed ones throw here
  startThreadPool();
  closeAllOnExec();
  const lock = openSync(ownLock(), constants.O_RDWR);
  try {
    const enclosure = new OpenEnclosure({
      netns: netns.path,
      hosts: hosts.length === 0 ? undefined : hostsFile(hosts, orNothing(HOSTS)),
      root,
      lock,
      environment: programEnvironment(),
      gone: new Int32Array(new SharedArrayBuffer(4)),
    });
    await enclosure.opened;
    return enclosure;
  } finally {
    closeSync(lock);
  }
}

/** Where there is none, the thread cannot put one in its place, and says so. */
function orNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

function deferred<T>(): readonly [promise: Promise<T>, waiting: Waiting<T>] {
  const waiting: Waiting<T> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<T>((resolve, reject) => Object.assign(waiting, { resolve, reject }));
  return [promise, waiting];
}

class StartRefused extends Error {
  constructor(readonly sent: SentError) {
    super(sent.message);
  }
}

class OpenEnclosure implements Enclosure {
  readonly opened: Promise<void>;
  init = 0;
  thread = 0;
  missing: Text | undefined;
  readonly #worker: Worker;
  readonly #gone: Int32Array;
  readonly #opening: Waiting<undefined>;
  readonly #starting = new Map<number, Waiting<number>>();
  readonly #running = new Map<number, Waiting<ProgramEnd>>();
  #programs = 0;
  #isClosed = false;

  constructor(task: EnclosureTask) {
    this.#gone = task.gone;
    [this.opened, this.#opening] = deferred<undefined>();
    this.#worker = new Worker(new URL('enclosure-thread.js', FOLDER), {
      execArgv: [],
      resourceLimits: SMALL_HEAP,
      workerData: task,
    });
    this.#worker
      .on('message', (answer: EnclosureAnswer) => {
        this.#take(answer);
      })
      .on('error', (error) => {
        this.#end(error);
      })
      .on('exit', () => {
        this.#end(closed(NAME));
      });
  }

  get environment(): NodeJS.ProcessEnv {
    const user = environmentOfUser();
    const path = [...(user['PATH'] === undefined ? [] : [user['PATH']]), ...SYSTEM_PATH].join(':');
    const holder = this.missing === undefined ? 1 : this.init; // as its /proc counts
    return { ...user, PATH: path, XTABLES_LOCKFILE: `/proc/${String(holder)}/fd/${String(LOCK_FD)}` };
  }

  async start(argv: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<EnclosedProgram> {
    if (this.#isClosed) throw closed(NAME);
    const [program] = argv;
    const environment = options.env ?? this.environment;
    const where = { cwd: options.cwd ?? process.cwd(), path: environment['PATH'] ?? '' };
    requireProgram(program, where);
    closeAllOnExec();
    const ends = new StdioEnds(options.stdio ?? ['inherit', 'inherit', 'inherit']);
    const id = this.#programs++;
    const [started, starting] = deferred<number>();
    const [ended, running] = deferred<ProgramEnd>();
    ended.catch(() => undefined); // told to whoever asks
    this.#starting.set(id, starting);
    this.#running.set(id, running);
    this.#worker.ref(); // as a child does
    this.#say({ kind: 'start', id, argv, cwd: where.cwd, environment, stdio: ends.childs });
    try {
      const pid = await started;
      return {
        pid,
        ended,
        ...ends.own(),
        signal: (name) => {
          this.#say({ kind: 'signal', id, name });
        },
      };
    } catch (error) {
      ends.closeOwn();
      this.#forget(id);
      throw error instanceof StartRefused ? this.#whyNotStarted(program, error.sent, where) : error;
    } finally {
      ends.closeChilds();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#say({ kind: 'close' });
    // A new process that was stopped before it became its program holds the thread back.
    if (Atomics.wait(this.#gone, 0, 0, PATIENCE_MS) === 'timed-out') this.#killInit();
    Atomics.wait(this.#gone, 0, 0, CLOSING_MS);
  }

  #whyNotStarted(program: string, { code = '', syscall, message }: SentError, where: Where): RawshakeError {
    if (code === 'ENOMEM' && Atomics.wait(this.#gone, 0, 0, ENDING_MS) !== 'timed-out') return closed(NAME);
    const cause = Object.assign(new Error(message), { code, syscall });
    return limitHint(cause) === undefined ? refusedBy(code, program, where) : notStarted(program, cause);
  }

  /** It is this process's child, and its id nobody else's as long as nobody has waited for it. */
  #killInit(): void {
    try {
      process.kill(this.init, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #say(request: EnclosureRequest): void {
    this.#worker.postMessage(request);
  }

  #take(answer: EnclosureAnswer): void {
    switch (answer.kind) {
      case 'open':
        this.init = answer.init;
        this.thread = answer.thread;
        this.missing = answer.procRefused === undefined ? undefined : procOfOutside(answer.procRefused);
        this.#worker.unref();
        this.#opening.resolve(undefined);
        break;
      case 'refused':
        this.#end(notOpened(answer.step, answer.error));
        break;
      case 'started':
        this.#starting.get(answer.id)?.resolve(answer.pid);
        this.#starting.delete(answer.id);
        break;
      case 'not-started':
        this.#starting.get(answer.id)?.reject(new StartRefused(answer.error));
        this.#starting.delete(answer.id);
        break;
      case 'ended':
        this.#running.get(answer.id)?.resolve(endOf(answer));
        this.#forget(answer.id);
        break;
      case 'gone':
        this.#end(closed(NAME)); // also where somebody outside has killed the first process
        break;
    }
  }

  #forget(id: number): void {
    this.#running.delete(id);
    if (this.#running.size === 0) this.#worker.unref();
  }

  /** Nothing more comes of it. */
  #end(error: unknown): void {
    this.#isClosed = true;
    this.#opening.reject(error);
    for (const waiting of [...this.#starting.values(), ...this.#running.values()]) waiting.reject(error);
    this.#starting.clear();
    this.#running.clear();
    void this.#worker.terminate();
  }
}

const endOf = ({ status, signal }: ProgramEnd): ProgramEnd =>
  signal === undefined ? { status: status ?? 0 } : { signal };
