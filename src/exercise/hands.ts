/** The ends of a case's connections that are made by hand, each behind the exercise's remedy. */
import { RawshakeError } from '../error.js';
import type { EndName } from '../evidence/host.js';
import { Endpoint } from '../lab/bench/endpoint.js';
import type { Bench } from '../lab/bench/bench.js';
import { openFlowPort } from '../lab/bench/open-endpoint.js';
import type { Remedy, RuleInForce } from '../lab/remedies/remedy.js';
import { Leases } from '../linux/process/leases.js';
import type { Flow } from '../wire/flow.js';
import { MissingValue } from './expression.js';

export interface HandMadeEnd {
  readonly host: EndName;
  readonly hand: Endpoint;
}

/** Of one case. */
const MOST_SENT_BYTES = 16 << 20;
const MOST_SENT_PACKETS = 10_000;

export class Hands {
  /** What is in force until the filter goes off. */
  readonly filters = new Leases();
  readonly #ends = new Map<string, HandMadeEnd>();
  readonly #rules = new Map<string, RuleInForce>();
  readonly #repeats: Readonly<Record<EndName, Set<NodeJS.Timeout>>> = { client: new Set(), server: new Set() };

  #sentBytes = 0;
  #sentPackets = 0;

  constructor(
    private readonly bench: Bench,
    private readonly remedy: Remedy,
    private readonly iss: Readonly<Record<EndName, number>>,
  ) {
    bench.leases.add(this.filters);
    bench.leases.defer(() => {
      this.stopSending('client');
      this.stopSending('server');
    });
  }

  /** All up to now. */
  get all(): readonly HandMadeEnd[] {
    return [...this.#ends.values()];
  }

  known(host: EndName, flow: Flow): Endpoint | undefined {
    return this.#ends.get(keyOf(host, flow))?.hand;
  }

  /** Opened, behind the remedy, when it is first asked for; `flow.src` is `host`. */
  at(host: EndName, flow: Flow): Endpoint {
    const known = this.known(host, flow);
    if (known !== undefined) return known;
    const { bench, remedy } = this;
    const port = bench.leases.add(openFlowPort(bench.lab[host], flow, remedy.openPort));
    const hand = new Endpoint(port, flow, { iss: this.iss[host], signal: bench.signal });
    this.#ends.set(keyOf(host, flow), { host, hand });
    this.protect(remedy, host, flow);
    return hand;
  }

  /** Puts a remedy in force for a connection, until the filter goes off. */
  protect(remedy: Remedy, host: EndName, flow: Flow): RuleInForce | undefined {
    const rule = remedy.apply(this.bench.lab[host], flow, this.filters);
    if (rule !== undefined) this.#rules.set(keyOf(host, flow), rule);
    return rule;
  }

  /**
   * Gives a connection to its host's kernel; the remedy that is made for this lets go of it then.
   * @throws {MissingValue} where the kernel refuses it
   */
  adopt(host: EndName, flow: Flow, numbers: { readonly seq: number; readonly ack: number }) {
    try {
      const socket = this.at(host, flow).adopt(numbers);
      if (this.remedy.adopts === true) this.#rules.get(keyOf(host, flow))?.lift?.();
      return socket;
    } catch (error) {
      if (!(error instanceof RawshakeError && error.code === 'RS_NOT_ADOPTED')) throw error;
      const { en, zh } = error.messages;
      throw new MissingValue({ en: en.replace(/^adopt: /, ''), zh: zh.replace(/^adopt：/, '') });
    }
  }

  /**
   * To be told before they send so many packets, each with so many bytes: all are kept until the case is over.
   * @throws {MissingValue} where they have sent too many
   */
  willSend(packets: number, bytes: number): void {
    this.#sentBytes += packets * bytes;
    this.#sentPackets += packets;
    if (this.#sentPackets > MOST_SENT_PACKETS)
      throw new MissingValue({
        en: `in a case at most ${String(MOST_SENT_PACKETS)} packets are sent by hand`,
        zh: `一种情况中手工发送的报文最多 ${String(MOST_SENT_PACKETS)} 个`,
      });
    if (this.#sentBytes > MOST_SENT_BYTES)
      throw new MissingValue({
        en: `in a case at most ${String(MOST_SENT_BYTES)} bytes are sent by hand`,
        zh: `一种情况中手工发送的数据最多 ${String(MOST_SENT_BYTES)} 字节`,
      });
  }

  /** Sends again and again, until `host` has got its answer. */
  repeatSend(host: EndName, everyMs: number, times: number, send: () => void): void {
    let left = times;
    const timer = setInterval(() => {
      if (left-- > 0) send();
      else clearInterval(timer);
    }, everyMs);
    this.#repeats[host].add(timer);
  }

  /** All that it sends again and again. */
  stopSending(host: EndName): void {
    for (const timer of this.#repeats[host]) clearInterval(timer);
    this.#repeats[host].clear();
  }
}

const keyOf = (host: EndName, { src, srcPort, dst, dstPort }: Flow): string =>
  [host, src, srcPort, dst, dstPort].join(' ');
