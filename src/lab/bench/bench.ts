/** A lab with everything that sees what happens in it: captures, look-ups, socket tables, counters, the kernel's trace. */
import type { Missing } from '../../evidence/missing.js';
import type { Unsubscribe } from '../../driver/ports.js';
import type { Text } from '../../error.js';
import { counterDifference, type CounterDifference } from '../../evidence/counters.js';
import type { Evidence, ObservedFrame, Scene } from '../../evidence/evidence.js';
import { BOTH_ENDS, type EndName, type Host } from '../../evidence/host.js';
import type { KernelEvent, SystemCall } from '../../evidence/kernel-event.js';
import { systemCalls } from '../../evidence/trace/calls.js';
import type { Lookup, Owner } from '../../evidence/lookup.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import type { SocketRow, SocketTableSnapshot } from '../../evidence/socket-table.js';
import type { FilterFlow } from '../../filter/flow.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import { Leases } from '../../linux/process/leases.js';
import { type KernelTrace, noTrace } from '../../linux/trace/kernel-trace.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { TcpFlag, type TcpSegment } from '../../wire/index.js';
import { CLIENT_PORT, SERVER_PORT } from '../addresses.js';
import { kernelEvents } from '../kernel-evidence.js';
import { createLab, type Lab, type RelayLab } from '../lab.js';
import { LabFeed } from '../lab-feed.js';
import { filterResetsEitherWay } from '../reset-filter.js';
import { until } from '../until.js';
import { type Beginning, beginningIn } from './beginning.js';
import { toldOf } from './told-hosts.js';
import type { BenchOptions } from './bench-options.js';
import { Endpoint } from './endpoint.js';
import { openFlowPort } from './open-endpoint.js';
import { ProgramTaps } from '../who-sent/program-taps.js';
import { type IsPacket, Taps } from './taps.js';

/** Programs that experiments run, by the names that the kernel knows them by. */
const PROGRAMS = ['nc', 'ncat'];

const NOT_TRACED = noTrace([]);

/** Opened and closed by `onBench`. What is opened on it goes into `leases`. */
export class Bench<L extends Lab = Lab> {
  /** From the client's port, which no kernel takes, to the server's. */
  readonly flow: Flow;
  readonly family: 4 | 6;
  readonly signal: AbortSignal | undefined;
  readonly #taps: Taps | ProgramTaps;
  readonly #scenes: Scene[] = [];
  readonly #lookups: Lookup[] = [];
  readonly #sockets: SocketTableSnapshot[] = [];
  readonly #missing: Missing[] = [];
  /** Of each process that was asked for, by its id. */
  readonly #calls = new Map<number, readonly SystemCall[]>();
  readonly #pids = new Set<number>();
  readonly #hosts: readonly Host[];
  readonly #trace: KernelTrace;
  #beginning: Beginning;
  readonly #feed: LabFeed | undefined;

  constructor(
    readonly lab: L,
    readonly leases: Leases,
    { family, signal, trace = NOT_TRACED, feed, programs }: BenchOptions,
  ) {
    this.family = family;
    this.signal = signal;
    const [src, dst] = [lab.client.address(family), lab.server.address(family)];
    this.flow = { src, srcPort: CLIENT_PORT, dst, dstPort: SERVER_PORT };
    this.#trace = trace;
    this.#hosts = programs === undefined ? BOTH_ENDS : toldOf(lab, programs);
    this.#taps = programs === undefined ? new Taps(lab, leases) : new ProgramTaps(lab, leases, { programs });
    this.#beginning = beginningIn(lab, trace);
    const sources = { lab, trace, lookups: this.#lookups, scenes: this.#scenes, ...this.#taps.source };
    this.#feed = feed && new LabFeed(feed, sources, this.#beginning.atMs);
  }

  /** From here on counters count and kernels are heard: what went before was to prepare it. */
  begin(): void {
    this.#beginning = beginningIn(this.lab, this.#trace);
    this.#feed?.begin(this.#beginning.atMs);
  }

  /**
   * Lets happen what is too much to look at: meanwhile the link is not captured, and no kernel is heard. The counters go on,
   * and the tables can be asked.
   * @param isOfIt which packets are of it, and never shown: a few may arrive when it counts as over
   */
  async unwatched<T>(work: () => Promise<T>, isOfIt?: IsPacket): Promise<T> {
    const pause = this.#trace.pause();
    try {
      return await this.#taps.unwatched(work, isOfIt);
    } finally {
      pause.close();
    }
  }

  /**
   * From here on the packets that `host` sends to itself are seen too, until closed; even those to the address of its link
   * go over the loopback.
   */
  watchLoopback(host: EndName): { close(): void } {
    return this.#taps.watchLoopback(host);
  }

  /** `flow` as `host` sees it, its own address as the source. */
  flowFrom(host: EndName): Flow {
    return host === 'client' ? this.flow : reverseFlow(this.flow);
  }

  /** From here on another case is played. */
  scene(title: Text): void {
    this.#scenes.push({ atMs: monotonicNow(), title });
  }

  /** What was asked up to now. */
  get lookups(): readonly Lookup[] {
    return this.#lookups;
  }

  /** Asks `host`'s kernel which socket owns the flow, and keeps the answer as evidence, with who else could read it. `flow.src` is that host. */
  lookup(host: EndName, flow = this.flowFrom(host), read: Pick<Lookup, 'readers'> = {}): Owner {
    const lookup = { ...this.lab[host].lookup(flow), ...read };
    this.#lookups.push(lookup);
    return lookup.owner;
  }

  /** A hand-made end of a connection. Nothing keeps its kernel from answering too, but a filter. */
  byHand(host: EndName, flow = this.flowFrom(host)): Endpoint {
    const port = this.leases.add(openFlowPort(this.lab[host], flow));
    return new Endpoint(port, flow, { signal: this.signal, hasReset: () => this.#hasReset(host, flow) });
  }

  /**
   * Keeps the RSTs that `host`'s kernel makes for the flow, or for any that fits, from leaving, until closed: by iptables, or where
   * that is not installed by nftables.
   */
  filter(host: EndName, flow: FilterFlow = this.flowFrom(host)): { close(): void } {
    return this.leases.add(filterResetsEitherWay(this.lab[host], flow));
  }

  /** Every TCP packet up to now, as it left the host that sent it. */
  packets(): readonly ObservedPacket[] {
    return this.#taps.packets();
  }

  /** Whether a foreign program's packets are told from its kernel's: only where it was said on which hosts such run. */
  get tellsPrograms(): boolean {
    return this.#taps instanceof ProgramTaps && this.#taps.tells;
  }

  /** The RSTs that `host`'s kernel has sent up to now: those that a filter drops do not leave, and are none. */
  kernelResets(host: EndName): readonly TcpSegment[] {
    const sent = this.packets().filter(({ from, sender }) => from === host && sender === 'kernel');
    return sent.map(({ segment }) => segment).filter(({ flags }) => (flags & TcpFlag.RST) !== 0);
  }

  #hasReset(host: EndName, { srcPort, dstPort }: Flow): boolean {
    return this.kernelResets(host).some((reset) => reset.srcPort === srcPort && reset.dstPort === dstPort);
  }

  /**
   * All that both kernels said that they did, up to now; undefined where they cannot be heard, or some of it was lost: by what
   * is left of it, nothing can be said not to have happened.
   */
  kernelEvents(): readonly KernelEvent[] | undefined {
    const heard = this.heard();
    return this.hearsAll ? heard : undefined;
  }

  /** As much of it as was heard: what is told here has happened. */
  heard(): readonly KernelEvent[] {
    const [fromMs, packets] = [this.#beginning.atMs, this.packets()];
    return kernelEvents(this.#trace, this.lab, { fromMs, packets, pids: [...this.#pids] });
  }

  /** What a kernel does in a call of this process is of the lab, too. */
  countIn(pid: number): void {
    this.#pids.add(pid);
  }

  /** From now on, which it gives, the system calls that make and join sockets are heard. */
  watchCalls(): number {
    this.#trace.watchCalls({ pids: [this.#trace.pid], programs: PROGRAMS });
    return monotonicNow();
  }

  /**
   * Those up to now; undefined where they cannot be heard, or some were lost.
   * @param pid this process, or one of a program named in `PROGRAMS`
   * @param fromMs what `watchCalls` gave
   */
  systemCalls(pid: number, fromMs: number): readonly SystemCall[] | undefined {
    if (!this.#trace.running) return undefined;
    const traced = pid === process.pid ? this.#trace.pid : pid;
    const all = systemCalls(this.#trace.recordsSince(this.#beginning.atMs), [traced]);
    const calls = all.filter(({ atMs }) => atMs >= fromMs);
    this.#calls.set(pid, calls);
    return this.hearsAll ? calls : undefined;
  }

  /** Whether the kernels are heard, and nothing of what has been read up to now was lost. */
  get hearsAll(): boolean {
    return this.#trace.running && !this.#trace.lostSince(this.#beginning.atMs);
  }

  /** The TCP sockets of `host` now, of the run's family. */
  sockets(host: EndName, when: SocketTableSnapshot['when'] = 'during'): readonly SocketRow[] {
    const rows = this.lab[host].sockets(this.family);
    this.#sockets.push({ atMs: monotonicNow(), host, when, rows });
    return rows;
  }

  /** By how much the counters of `host` have grown since the beginning; by nstat's names. */
  counters(host: EndName): CounterDifference {
    return counterDifference(this.#beginning.counters[host], this.lab[host].counters());
  }

  /** Evidence that is not to be had here, and why; the facts that need it are left out. */
  lacks(what: Text): undefined {
    this.#missing.push(what);
    return undefined;
  }

  /** Waits for something that a packet makes true. Throws as `until` does. */
  async until(what: Text, condition: () => boolean): Promise<void> {
    await until(what, condition, (check) => this.onFrame(check), this.signal);
  }

  /** @throws {TooManyFrames} where more has passed than is kept */
  throwIfFull(): void {
    this.#taps.throwIfFull();
  }

  /** Called for each TCP packet from now on, those of each host in the order of time. */
  onPacket(listener: (packet: ObservedPacket) => void): Unsubscribe {
    return this.#taps.source.onPacket(listener);
  }

  /** Called soon after each frame that is captured. */
  onFrame(listener: () => void): Unsubscribe {
    return this.#taps.onFrame(listener);
  }

  /** All that was seen up to now. */
  evidence(): Evidence {
    const kernel = this.heard();
    return {
      hosts: this.#hosts,
      packets: this.#taps instanceof ProgramTaps ? this.#taps.packets(kernel) : this.#taps.packets(),
      lookups: this.#lookups,
      kernel,
      systemCalls: [...this.#calls.values()].flat(),
      sockets: this.#sockets,
      counters: { client: this.counters('client'), server: this.counters('server') },
      frames: this.frames(),
      scenes: this.#scenes,
      // Last: by then it is known what was lost of the above.
      missing: [...this.#trace.missing, ...this.#taps.missing, ...this.#missing],
    };
  }

  /** Gives the feed what was seen up to now, and ends it: taking everything down is no part of the run. */
  endFeed(): void {
    this.#feed?.end([...this.#calls.values()].flat());
  }

  /** Every frame up to now, what is no TCP too, as it left the host that sent it. */
  frames(): readonly ObservedFrame[] {
    return this.#taps.frames();
  }
}

/** A bench in a lab of its own, for as long as `use` takes; then everything is taken down. Gives what `use` gives. */
export const onBench = <T>(options: BenchOptions, use: (bench: Bench) => Promise<T>): Promise<T> =>
  onBenchOf(() => createLab(options), options, use);

/** As `onBench`, with a link that this process passes every frame over: `bench.lab.relay` holds and releases them. */
export const onRelayBench = <T>(options: BenchOptions, use: (bench: Bench<RelayLab>) => Promise<T>): Promise<T> =>
  onBenchOf(() => createLab({ ...options, link: 'relay' }), options, use);

async function onBenchOf<T, L extends Lab>(
  openLab: () => L,
  options: BenchOptions,
  use: (bench: Bench<L>) => Promise<T>,
): Promise<T> {
  const leases = new Leases();
  try {
    const bench = new Bench(leases.add(openLab()), leases, options);
    try {
      return await use(bench);
    } finally {
      bench.endFeed();
    }
  } finally {
    options.feed?.end();
    leases.close();
  }
}
