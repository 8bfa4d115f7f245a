/** A lab with everything that sees what happens in it: captures, look-ups, socket tables, counters, the kernel's trace. */
import type { Missing } from '../../evidence/missing.js';
import type { Unsubscribe } from '../../driver/ports.js';
import { RawshakeError, type Text } from '../../error.js';
import { counterDifference, type CounterDifference, type SnmpCounters } from '../../evidence/counters.js';
import type { Evidence, Scene } from '../../evidence/experiment.js';
import type { HostName } from '../../evidence/host.js';
import type { KernelEvent, SystemCall } from '../../evidence/kernel-event.js';
import { systemCalls } from '../../evidence/trace/calls.js';
import type { Lookup, Owner } from '../../evidence/lookup.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import type { ObservedFrame } from '../../evidence/run.js';
import type { SocketRow, SocketTableSnapshot } from '../../evidence/socket-table.js';
import type { FilterFlow } from '../../filter/flow.js';
import { applyFilter, type FilterLease } from '../../filter/lease.js';
import { type Backend, planFilter } from '../../filter/plan.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import { Leases } from '../../linux/process/leases.js';
import { type KernelTrace, noTrace } from '../../linux/trace/kernel-trace.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { TcpFlag, type TcpSegment } from '../../wire/index.js';
import { CLIENT_PORT, type Family, type HostAddresses, SERVER_PORT } from '../addresses.js';
import { kernelEvents } from '../kernel-evidence.js';
import { createLab, type Lab, type RelayLab } from '../lab.js';
import { until } from '../until.js';
import { Endpoint } from './endpoint.js';
import { openFlowPort } from './open-endpoint.js';
import { type IsPacket, Taps } from './taps.js';

export interface BenchOptions {
  readonly family: Family;
  /** Where the kernels' own words come from; left out: none are asked for. */
  readonly trace?: KernelTrace;
  readonly signal?: AbortSignal;
  /** Who the hosts are, where it matters. */
  readonly addresses?: HostAddresses;
}

/** Programs that experiments run, by the names that the kernel knows them by. */
const PROGRAMS = ['nc', 'ncat'];

const NOT_TRACED = noTrace([]);

/** Opened and closed by `onBench`. What is opened on it goes into `leases`. */
export class Bench<L extends Lab = Lab> {
  /** From the client's port, which no kernel takes, to the server's. */
  readonly flow: Flow;
  readonly family: 4 | 6;
  readonly signal: AbortSignal | undefined;
  readonly #taps: Taps;
  readonly #scenes: Scene[] = [];
  readonly #lookups: Lookup[] = [];
  readonly #sockets: SocketTableSnapshot[] = [];
  readonly #missing: Missing[] = [];
  /** Of each process that was asked for, by its id. */
  readonly #calls = new Map<number, readonly SystemCall[]>();
  readonly #trace: KernelTrace;
  readonly #startedAt: number;
  readonly #countersBefore: Readonly<Record<HostName, SnmpCounters>>;

  constructor(
    readonly lab: L,
    readonly leases: Leases,
    { family, signal, trace = NOT_TRACED }: BenchOptions,
  ) {
    this.family = family;
    this.signal = signal;
    this.#trace = trace;
    trace.watchCalls({ pids: [trace.pid], programs: PROGRAMS });
    this.#startedAt = trace.mark();
    const [src, dst] = [lab.client.address(family), lab.server.address(family)];
    this.flow = { src, srcPort: CLIENT_PORT, dst, dstPort: SERVER_PORT };
    this.#countersBefore = { client: lab.client.counters(), server: lab.server.counters() };
    this.#taps = new Taps(lab, leases);
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
  watchLoopback(host: HostName): { close(): void } {
    return this.#taps.watchLoopback(host);
  }

  /** `flow` as `host` sees it, its own address as the source. */
  flowFrom(host: HostName): Flow {
    return host === 'client' ? this.flow : reverseFlow(this.flow);
  }

  /** From here on another case is played. */
  scene(title: Text): void {
    this.#scenes.push({ atMs: monotonicNow(), title });
  }

  /** Asks `host`'s kernel which socket owns the flow, and keeps the answer as evidence. `flow.src` is that host. */
  lookup(host: HostName, flow = this.flowFrom(host)): Owner {
    const lookup = this.lab[host].lookup(flow);
    this.#lookups.push(lookup);
    return lookup.owner;
  }

  /** A hand-made end of a connection. Nothing keeps its kernel from answering too, but a filter. */
  byHand(host: HostName, flow = this.flowFrom(host)): Endpoint {
    const port = this.leases.add(openFlowPort(this.lab[host], flow));
    return new Endpoint(port, flow, { signal: this.signal, hasReset: () => this.#hasReset(host, flow) });
  }

  /**
   * Keeps the RSTs that `host`'s kernel makes for the flow, or for any that fits, from leaving, until closed: by iptables, or where
   * that is not installed by nftables.
   */
  filter(host: HostName, flow: FilterFlow = this.flowFrom(host)): { close(): void } {
    const on = this.lab[host];
    const apply = (backend: Backend): FilterLease =>
      applyFilter(planFilter({ flow, backend, comment: on.nameRule() }), on);
    return this.leases.add(withoutIptables(apply));
  }

  /** Every TCP packet up to now, as it left the host that sent it. */
  packets(): readonly ObservedPacket[] {
    return this.#taps.packets();
  }

  /** The RSTs that `host`'s kernel has sent up to now: those that a filter drops do not leave, and are none. */
  kernelResets(host: HostName): readonly TcpSegment[] {
    const sent = this.packets().filter(({ from, sender }) => from === host && sender === 'kernel');
    return sent.map(({ segment }) => segment).filter(({ flags }) => (flags & TcpFlag.RST) !== 0);
  }

  #hasReset(host: HostName, { srcPort, dstPort }: Flow): boolean {
    return this.kernelResets(host).some((reset) => reset.srcPort === srcPort && reset.dstPort === dstPort);
  }

  /**
   * All that both kernels said that they did, up to now; undefined where they cannot be heard, or some of it was lost: by what
   * is left of it, nothing can be said not to have happened.
   */
  kernelEvents(): readonly KernelEvent[] | undefined {
    const heard = this.heard();
    return this.#isWhole() ? heard : undefined;
  }

  /** As much of it as was heard: what is told here has happened. */
  heard(): readonly KernelEvent[] {
    return kernelEvents(this.#trace, this.lab, { fromMs: this.#startedAt, packets: this.packets() });
  }

  /**
   * The system calls that make and join sockets, up to now; undefined where they cannot be heard, or some were lost.
   * @param pid this process, or one of a program named in `PROGRAMS`
   * @param fromMs when the program began; what this process did before was to build the bench
   */
  systemCalls(pid: number, fromMs: number): readonly SystemCall[] | undefined {
    if (!this.#trace.running) return undefined;
    const traced = pid === process.pid ? this.#trace.pid : pid;
    const all = systemCalls(this.#trace.recordsSince(this.#startedAt), [traced]);
    const calls = all.filter(({ atMs }) => atMs >= fromMs);
    this.#calls.set(pid, calls);
    return this.#isWhole() ? calls : undefined;
  }

  /** Of what has been read up to now. */
  #isWhole(): boolean {
    return this.#trace.running && !this.#trace.lostSince(this.#startedAt);
  }

  /** The TCP sockets of `host` now, of the run's family. */
  sockets(host: HostName): readonly SocketRow[] {
    const rows = this.lab[host].sockets(this.family);
    this.#sockets.push({ atMs: monotonicNow(), host, when: 'during', rows });
    return rows;
  }

  /** By how much the counters of `host` have grown since the bench was built; by nstat's names. */
  counters(host: HostName): CounterDifference {
    return counterDifference(this.#countersBefore[host], this.lab[host].counters());
  }

  /** Evidence that is not to be had here, and why; the facts that need it are left out. */
  lacks(what: Text): undefined {
    this.#missing.push(what);
    return undefined;
  }

  /** Waits for something that a packet makes true. Throws as `until` does. */
  async until(what: string | Text, condition: () => boolean): Promise<void> {
    await until(what, condition, (check) => this.onFrame(check), this.signal);
  }

  /** @throws {TooManyFrames} where more has passed than is kept */
  throwIfFull(): void {
    this.#taps.throwIfFull();
  }

  /** Called soon after each frame that is captured. */
  onFrame(listener: () => void): Unsubscribe {
    return this.#taps.onFrame(listener);
  }

  /** All that was seen up to now. */
  evidence(): Evidence {
    return {
      packets: this.packets(),
      lookups: this.#lookups,
      kernel: this.heard(),
      systemCalls: [...this.#calls.values()].flat(),
      sockets: this.#sockets,
      counters: { client: this.counters('client'), server: this.counters('server') },
      frames: this.frames(),
      scenes: this.#scenes,
      // Last: by then it is known what was lost of the above.
      missing: [...this.#trace.missing, ...this.#missing],
    };
  }

  /** Every frame up to now, what is no TCP too, as it left the host that sent it. */
  frames(): readonly ObservedFrame[] {
    return this.#taps.frames();
  }
}

function withoutIptables(apply: (backend: Backend) => FilterLease): FilterLease {
  try {
    return apply('iptables');
  } catch (error) {
    if (!(error instanceof RawshakeError && error.code === 'RS_MISSING_TOOL')) throw error;
    return apply('nft');
  }
}

/** A bench in a lab of its own, for as long as `use` takes; then everything is taken down. Gives what `use` gives. */
export const onBench = <T>(options: BenchOptions, use: (bench: Bench) => Promise<T>): Promise<T> =>
  onBenchOf(createLab({ addresses: options.addresses ?? {} }), options, use);

/** As `onBench`, with a link that this process passes every frame over: `bench.lab.relay` holds and releases them. */
export const onRelayBench = <T>(options: BenchOptions, use: (bench: Bench<RelayLab>) => Promise<T>): Promise<T> =>
  onBenchOf(createLab({ link: 'relay', addresses: options.addresses ?? {} }), options, use);

async function onBenchOf<T, L extends Lab>(
  lab: L,
  options: BenchOptions,
  use: (bench: Bench<L>) => Promise<T>,
): Promise<T> {
  const leases = new Leases();
  leases.add(lab);
  try {
    return await use(new Bench(lab, leases, options));
  } finally {
    leases.close();
  }
}
