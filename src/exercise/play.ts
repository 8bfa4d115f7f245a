/** One case being played: its lab, the hands and programs at work in it, and the checks. */
import { about, RawshakeError, type Text } from '../error.js';
import { type EndName, otherEnd } from '../evidence/host.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { Endpoint } from '../lab/bench/endpoint.js';
import type { Bench } from '../lab/bench/bench.js';
import { REMEDIES } from '../lab/remedies/index.js';
import type { Relay } from '../lab/relay.js';
import { interrupted } from '../lab/until.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { TcpFlag } from '../wire/index.js';
import { answerValue } from './answer.js';
import type { Case } from './cases.js';
import { Checks } from './checks.js';
import { Decisions } from './decisions.js';
import { fill, MissingValue, type Scope, type Value } from './expression.js';
import { ForeignPrograms } from './foreign-programs.js';
import { Hands } from './hands.js';
import { Room } from './kept.js';
import { Patience } from './patience.js';
import { programHosts } from './program-hosts.js';
import { Programs } from './programs.js';
import type { Answers } from './answers.js';
import type { Exercise } from './schema.js';
import { Values } from './values.js';

/** The two ports of a connection. */
export interface Ends {
  readonly client: number;
  readonly server: number;
  /** It leads from a host's port to that very port. */
  readonly self: boolean;
}

/** Fields by which a step names another connection than the exercise's own. */
export interface ConnectionFields {
  readonly clientPort?: number | string | undefined;
  readonly serverPort?: number | string | undefined;
  readonly self?: boolean | undefined;
}

/** Of one case: a repeat in a repeat is soon more than anybody waits for. */
const MOST_STEPS = 10_000;

export class Play {
  readonly checks: Checks;
  readonly programs: Programs;
  readonly hands: Hands;
  readonly foreign: ForeignPrograms;
  readonly values: Values;
  readonly decisions = new Decisions();
  readonly #patience: Patience;
  /** How many of each host's packets were asked for by `seen`. */
  readonly #seen = new Map<string, number>();
  #steps = 0;
  readonly #loopbacks: Set<EndName>;

  constructor(
    readonly bench: Bench,
    readonly exercise: Exercise,
    readonly played: Case,
    private readonly answers: Answers,
    room = new Room(),
  ) {
    this.programs = new Programs(bench);
    this.foreign = new ForeignPrograms(bench, room);
    this.#loopbacks = new Set(programHosts(exercise.steps)); // seen there anyway
    this.hands = new Hands(bench, REMEDIES[exercise.remedy], played.iss);
    this.values = new Values(played.values);
    this.checks = new Checks(room, this.isShown, () =>
      this.hands.all.flatMap(({ host, hand }) => hand.waiting.map((text) => `${host}: ${text}`)),
    );
    this.#patience = new Patience(bench, this.hands, () => this.checks.question);
  }

  /**
   * Before each step: whether it may still be played.
   * @throws {RawshakeError} RS_SCRIPT where the case has had too many; RS_LIMIT where too much has passed the link;
   * RS_INTERRUPTED when the run is aborted
   */
  count(): void {
    if (this.bench.signal?.aborted === true) throw interrupted();
    this.bench.throwIfFull();
    if (++this.#steps > MOST_STEPS) throw tooManySteps();
  }

  check(what: Text, expected: Value, observed: Value, ok?: boolean): void {
    this.checks.add(what, expected, observed, ok);
  }

  /** Whether the exercise is played to show what happens, as nothing is asked. */
  get isShown(): boolean {
    return this.exercise.questions.length === 0;
  }

  readonly scope: Scope = (name) => {
    const [head = '', field] = name.split('.');
    if (head !== 'answer') return this.#known(name);
    const question = this.exercise.questions.find(({ id }) => id === field);
    if (question === undefined)
      throw new MissingValue({ en: `there is no question ${String(field)}`, zh: `没有问题 ${String(field)}` });
    // A formula may use what is known, but no other answer.
    return answerValue(question, this.answers, { scope: (inner) => this.#known(inner), family: this.bench.family });
  };

  /** @throws {MissingValue} */
  text(template: string): string {
    return String(fill(template, this.scope));
  }

  /** @throws {MissingValue} */
  number(value: number | string): number {
    const number = typeof value === 'number' ? value : fill(value, this.scope);
    if (typeof number === 'number') return number;
    throw new MissingValue({ en: `${JSON.stringify(number)} is no number`, zh: `${JSON.stringify(number)} 不是数` });
  }

  ends({ clientPort, serverPort, self = false }: ConnectionFields): Ends {
    const { client, server } = this.exercise.ports;
    return { client: this.#port(clientPort ?? client), server: this.#port(serverPort ?? server), self };
  }

  /** As `host` sees it, its own address as the source. */
  flow(host: EndName, { client, server, self }: Ends): Flow {
    if (self) {
      const [address, port] = [this.#address(host), host === 'client' ? client : server];
      return { src: address, srcPort: port, dst: address, dstPort: port };
    }
    const flow = { src: this.#address('client'), srcPort: client, dst: this.#address('server'), dstPort: server };
    return host === 'client' ? flow : reverseFlow(flow);
  }

  /** The hand-made end of a connection, opened when it is first asked for. */
  hand(host: EndName, ends: Ends): Endpoint {
    return this.hands.at(host, this.flow(host, ends));
  }

  /** What `host` has put on the link of this connection, by whoever made it there. */
  sent(host: EndName, ends: Ends): readonly ObservedPacket[] {
    const { src, srcPort, dstPort } = this.flow(host, ends);
    return this.bench
      .packets()
      .filter(
        ({ from, segment, packet }) =>
          from === host && packet.ip.src === src && segment.srcPort === srcPort && segment.dstPort === dstPort,
      );
  }

  /** The initial sequence number of `host`: by its first SYN on the link, or as the exercise gives it to a raw host. */
  issOf(host: EndName, ends: Ends): number | undefined {
    const syn = this.sent(host, ends).find(({ segment }) => (segment.flags & TcpFlag.SYN) !== 0);
    return syn?.segment.seq ?? (this.exercise.hosts[host] === 'raw' ? this.played.iss[host] : undefined);
  }

  /** The next packet of `host` that `seen` did not have yet. */
  nextSent(host: EndName, ends: Ends, which: (packet: ObservedPacket) => boolean): ObservedPacket | undefined {
    const key = keyOf(host, ends);
    const from = this.#seen.get(key) ?? 0;
    const packets = this.sent(host, ends);
    const index = packets.findIndex((packet, i) => i >= from && which(packet));
    if (index >= 0) this.#seen.set(key, index + 1);
    return packets[index];
  }

  get relay(): Relay {
    const { lab } = this.bench;
    if ('relay' in lab) return lab.relay as Relay;
    throw new TypeError('a link without a relay, which the script was checked for');
  }

  /** Whether it becomes true in time. */
  waits(condition: () => boolean, withinMs?: number): Promise<boolean> {
    return this.#patience.waits(condition, withinMs);
  }

  /** As `waits`, where it should become true: if it does not, little more is waited for where the same question is decided. */
  should(condition: () => boolean, withinMs?: number): Promise<boolean> {
    return this.#patience.should(condition, withinMs);
  }

  /** From now on what `host` sends to itself is seen, too. */
  watchLoopback(host: EndName): void {
    if (this.#loopbacks.has(host)) return;
    this.#loopbacks.add(host);
    this.bench.watchLoopback(host);
  }

  #port(value: number | string): number {
    const port = this.number(value);
    if (port >= 1 && port <= 65_535) return port;
    throw new MissingValue({ en: `${String(port)} is no port`, zh: `${String(port)} 不是端口号` });
  }

  #address(host: EndName): string {
    const { bench, exercise } = this;
    const lab = bench.lab[host];
    const own = lab.address(bench.family);
    return exercise.hosts[host] === 'raw' ? (REMEDIES[exercise.remedy].source?.(lab, bench.family) ?? own) : own;
  }

  /** Everything but answers. */
  #known(name: string): Value {
    const [head = '', field] = name.split('.');
    const isHost = head === 'client' || head === 'server';
    return isHost && field !== undefined ? this.#hostField(head, field) : this.values.of(name);
  }

  #hostField(host: EndName, field: string): Value {
    const ends = this.ends({});
    if (field === 'port') return ends[host];
    if (field === 'address') return this.#address(host);
    if (field !== 'iss') throw new MissingValue({ en: `${host} has no ${field}`, zh: `${host} 没有 ${field}` });
    if (this.exercise.hosts[host] === 'raw') return this.played.iss[host];
    const iss = this.issOf(host, ends) ?? this.hands.known(otherEnd(host), this.flow(otherEnd(host), ends))?.irs;
    if (iss === undefined)
      throw new MissingValue({
        en: `${host} has sent no SYN, so ${host}.iss has no value`,
        zh: `${host} 没有发过 SYN，所以 ${host}.iss 没有值`,
      });
    return iss;
  }
}

const keyOf = (host: EndName, { client, server, self }: Ends): string =>
  `${host} ${String(client)} ${String(server)}${self ? ' self' : ''}`;

const tooManySteps = (): RawshakeError =>
  new RawshakeError(
    'RS_SCRIPT',
    about('steps', {
      en: `more than ${String(MOST_STEPS)} in one case`,
      zh: `一种情况中超过 ${String(MOST_STEPS)} 步`,
    }),
    { hint: { en: 'Let repeat: repeat less often.', zh: '请减少 repeat 的次数。' } },
  );
