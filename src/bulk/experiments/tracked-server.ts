/** A server with connection tracking, whose table is filled with connections that are over. nf_conntrack_core.c. */
import type { Text } from '../../error.js';
import type { Stage } from '../../lab/experiments/stage.js';
import { readTracker, type TrackerState } from '../../linux/conntrack.js';
import { setSysctls } from '../../linux/sysctl.js';
import type { Flow } from '../../wire/flow.js';
import { formatIpv4Address } from '../../wire/index.js';
import { sourceAddress, sourcePort } from '../four-tuples.js';
import { crowd } from './crowd.js';

/** So many handshakes of a run have each a source of their own; more come from a run to another port. */
const RUN_ENTRIES = 65_536;
const FIRST_PORT = 9001;

const TIMEOUT = 'net.netfilter.nf_conntrack_tcp_timeout_established';

export class TrackedServer {
  constructor(private readonly stage: Stage) {
    // A rule that asks for the state of connections has all of them tracked.
    this.#rule('-A INPUT -m conntrack --ctstate INVALID -j DROP');
    // What ends a connection is kept from the tracker, as where the other end vanishes or its packets go another way.
    this.#rule('-t raw -A PREROUTING -p tcp ! --tcp-flags FIN,RST NONE -j CT --notrack');
    this.#rule('-t raw -A OUTPUT -p tcp ! --tcp-flags FIN,RST NONE -j CT --notrack');
    this.setTimeout(432_000);
  }

  get state(): TrackerState {
    return readTracker(this.stage.lab.server.netns);
  }

  /** Whether it has as many entries as it may. */
  get isFull(): boolean | undefined {
    const { entries, limit } = this.state;
    return entries === undefined || limit === undefined ? undefined : entries >= limit;
  }

  /** For how long an established connection stays that sends nothing, in seconds. */
  setTimeout(seconds: number): void {
    setSysctls(this.stage.lab.server.netns, { [TIMEOUT]: seconds });
  }

  /** From now on connections to `port` are not tracked. */
  doNotTrack(port: number): void {
    this.#rule(`-t raw -A PREROUTING -p tcp --dport ${String(port)} -j CT --notrack`);
    this.#rule(`-t raw -A OUTPUT -p tcp --sport ${String(port)} -j CT --notrack`);
  }

  /**
   * Completes and closes connections until all places but `spare` are taken. Gives how many of them the server still has;
   * undefined where there is no limit, or one above `most`, and the stage is told.
   */
  async fill(spare: number, most: number): Promise<number | undefined> {
    const { entries, limit } = this.state;
    if (entries === undefined || limit === undefined || limit === 0 || limit > most) {
      this.stage.lacks(outOfReach(limit, most));
      return undefined;
    }
    let left = 0;
    let port = FIRST_PORT;
    for (let wanted = limit - entries - spare; wanted > 0; wanted -= RUN_ENTRIES) {
      const { serverSocketsLeft } = await crowd(this.stage, { count: Math.min(wanted, RUN_ENTRIES), port: port++ });
      left += serverSocketsLeft;
    }
    return left;
  }

  /** The first of the connections that it was filled with. */
  get firstFilled(): Flow {
    const { dst } = this.stage.flow;
    return { src: formatIpv4Address(sourceAddress(0)), srcPort: sourcePort(0), dst, dstPort: FIRST_PORT };
  }

  #rule(words: string): void {
    this.stage.lab.server.run(['iptables', '-w', ...words.split(' ')]);
  }
}

function outOfReach(limit: number | undefined, most: number): Text {
  const cases: Text =
    limit === undefined
      ? { en: 'cannot be read', zh: '无法读取' }
      : limit === 0
        ? { en: 'is 0: there is none', zh: '是 0，即没有限制' }
        : { en: `is ${String(limit)}`, zh: `是 ${String(limit)}` };
  return {
    en: `the full table: net.netfilter.nf_conntrack_max ${cases.en}, and at most ${String(most)} entries are made here`,
    zh: `填满的表：net.netfilter.nf_conntrack_max ${cases.zh}，而这里最多建立 ${String(most)} 个条目`,
  };
}
