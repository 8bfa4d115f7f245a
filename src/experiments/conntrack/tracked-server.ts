/** A server with connection tracking, whose table is filled with connections that are over. nf_conntrack_core.c. */
import { RawshakeError } from '../../error.js';
import type { Bench } from '../../lab/bench/bench.js';
import { readTracker, type TrackerState } from '../../linux/namespace/conntrack.js';
import { deleteEntry, entrySeconds } from '../../linux/netlink/conntrack-entry.js';
import { hasSysctl, setSysctls } from '../../linux/namespace/sysctl.js';
import type { Flow } from '../../wire/flow.js';
import { formatIpv4Address } from '../../wire/index.js';
import { sourceAddress, sourcePort } from '../../bulk/four-tuples.js';
import { crowd } from '../crowd.js';
import { TIMEOUT, words } from './words.js';

const FILLED_PORT = 9001;

export class TrackedServer {
  constructor(private readonly bench: Bench) {
    // A rule that asks for the state of connections has all of them tracked.
    this.#rule('-A INPUT -m conntrack --ctstate INVALID -j DROP');
    // What ends a connection is kept from the tracker, as where the other end vanishes or its packets go another way.
    this.#rule('-t raw -A PREROUTING -p tcp ! --tcp-flags FIN,RST NONE -j CT --notrack');
    this.#rule('-t raw -A OUTPUT -p tcp ! --tcp-flags FIN,RST NONE -j CT --notrack');
    if (this.hasTimeout) this.setTimeout(432_000);
  }

  get state(): TrackerState {
    return readTracker(this.bench.lab.server.netns);
  }

  /** Whether it has as many entries as it may. */
  get isFull(): boolean | undefined {
    const { entries, limit } = this.state;
    return entries === undefined || limit === undefined ? undefined : entries >= limit;
  }

  /** Some kernels do not show it to root of a user namespace. */
  get hasTimeout(): boolean {
    return this.bench.lab.server.netns.run(() => hasSysctl(TIMEOUT));
  }

  /** For how long an established connection stays that sends nothing, in seconds. */
  setTimeout(seconds: number): void {
    setSysctls(this.bench.lab.server.netns, { [TIMEOUT]: seconds });
  }

  /** From now on connections to `port` are not tracked. */
  doNotTrack(port: number): void {
    this.#rule(`-t raw -A PREROUTING -p tcp --dport ${String(port)} -j CT --notrack`);
    this.#rule(`-t raw -A OUTPUT -p tcp --sport ${String(port)} -j CT --notrack`);
  }

  /**
   * Completes and closes connections until all places but `spare` are taken. Gives how many of them the server still has;
   * undefined where there is no limit, or one above `most`, and the bench is told.
   */
  async fill(spare: number, most: number): Promise<number | undefined> {
    const { entries, limit } = this.state;
    if (entries === undefined || limit === undefined || limit === 0 || limit > most) {
      this.bench.lacks(words.missing.table({ limit, most }));
      return undefined;
    }
    const wanted = limit - entries - spare;
    if (wanted <= 0) return 0;
    // In one run: to begin another takes as long as ten thousand handshakes.
    const { serverSocketsLeft } = await crowd(this.bench, { count: wanted, port: FILLED_PORT, distinct: true });
    return serverSocketsLeft;
  }

  /** The first of the connections that it was filled with. */
  get firstFilled(): Flow {
    const { dst } = this.bench.flow;
    return { src: formatIpv4Address(sourceAddress(0)), srcPort: sourcePort(0), dst, dstPort: FILLED_PORT };
  }

  /**
   * How long the entries of these connections stay if nothing more comes of them, in seconds; undefined for one that is not there.
   * Undefined as a whole where the kernel does not tell, and the bench is told.
   */
  secondsLeft(flows: readonly Flow[]): readonly (number | undefined)[] | undefined {
    try {
      return flows.map((flow) => entrySeconds(this.bench.lab.server.netns, flow));
    } catch (error) {
      if (!(error instanceof RawshakeError && error.code === 'RS_NOT_IN_KERNEL')) throw error;
      this.bench.lacks(words.missing.entries);
      return undefined;
    }
  }

  /** Takes the connection's entry out of the table. */
  forget(flow: Flow): void {
    deleteEntry(this.bench.lab.server.netns, flow);
  }

  #rule(words: string): void {
    this.bench.lab.server.run(['iptables', '-w', ...words.split(' ')]);
  }
}
