/**
 * Finds the link address for each destination: by the kernel's tables, and where they do not know it by asking the link. Never
 * from the packets themselves, whose source anybody on the link can write.
 */
import { constants } from 'node:os';
import type { Clock, Unsubscribe } from '../driver/ports.js';
import { millis, type Millis } from '../tcp/types.js';
import { parseMac } from '../wire/index.js';
import { SystemCallError } from './libc.js';
import { questionFrame, type Station } from './neighbour-messages.js';
import type { Leaving, RouteTable } from './route-table.js';

export interface NeighboursOptions {
  readonly interfaceIndex: number;
  /** Who asks. */
  readonly self: Station;
  readonly routes: RouteTable;
  /** What decides the way to each destination, beside itself. */
  readonly leaving: Leaving;
  readonly clock: Clock;
  readonly transmit: (frame: Uint8Array) => void;
  /** No route leads to a destination, nobody on the link answers for it, or too many are asked for: the packet is lost. */
  readonly onUnreachable: (error: SystemCallError) => void;
}

/** The way to a destination, believed until then. */
interface Way {
  readonly hop: string;
  readonly until: number;
}

/** A next hop's link address, believed until then; `isAsked`: the link told it, for the kernel knows none. */
interface Neighbour {
  readonly mac: Uint8Array;
  readonly until: number;
  readonly isAsked: boolean;
}

/** Asked for, and not answered yet. */
interface Open {
  readonly waiting: ((mac: Uint8Array) => void)[];
  asked: number;
  cancel: Unsubscribe;
}

/** How long the kernel's word is taken for, which costs two questions over netlink. */
const KERNEL_MS = 1000;
/** REACHABLE_TIME, RFC 4861 §10; Linux's base_reachable_time_ms, for ARP too. */
const REACHABLE_MS = 30_000;
/** RETRANS_TIMER and MAX_MULTICAST_SOLICIT, RFC 4861 §10; Linux has the same for ARP. */
const RETRANSMIT_MS = 1000;
const MOST_QUESTIONS = 3;
/** As many as Linux lets wait for one neighbour (unres_qlen), and as many neighbours as it keeps (gc_thresh3). */
const MOST_WAITING = 101;
const MOST_KNOWN = 1024;

export class Neighbours {
  /** By destination. */
  readonly #ways = new Map<string, Way>();
  /** By next hop. */
  readonly #neighbours = new Map<string, Neighbour>();
  /** By next hop. */
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: NeighboursOptions) {}

  /** The link address for `destination`, where it is known by now. */
  known(destination: string): Uint8Array | undefined {
    const way = this.#ways.get(destination);
    const neighbour = way && this.#neighbours.get(way.hop);
    if (way === undefined || neighbour === undefined) return undefined;
    return Math.min(way.until, neighbour.until) > this.options.clock.now() ? neighbour.mac : undefined;
  }

  /** Finds it out; `then` is called now where the kernel knows it, when the link has answered where not, or never. */
  find(destination: string, then: (mac: Uint8Array) => void): void {
    try {
      const hop = this.#hopTo(destination);
      const mac = this.#neighbour(hop);
      if (mac === undefined) this.#ask(hop, then);
      else then(mac);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.options.onUnreachable(error);
    }
  }

  /** A neighbour told its link address; only who was asked is listened to. */
  answered({ address, mac }: Station): void {
    const open = this.#open.get(address);
    const bytes = parseMac(mac);
    if (open === undefined || bytes === undefined) return;
    this.#open.delete(address);
    open.cancel();
    keep(this.#neighbours, address, { mac: bytes, until: this.#in(REACHABLE_MS), isAsked: true });
    for (const then of open.waiting) then(bytes);
  }

  /** Idempotent. */
  close(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }

  #hopTo(destination: string): string {
    const { routes, leaving, clock } = this.options;
    const way = this.#ways.get(destination);
    if (way !== undefined && way.until > clock.now()) return way.hop;
    const hop = routes.nextHop(destination, leaving).address;
    keep(this.#ways, destination, { hop, until: this.#in(KERNEL_MS) });
    return hop;
  }

  /** What the kernel says now; what the link once said is good while it is asked again. RFC 4861 §7.3.3. */
  #neighbour(hop: string): Uint8Array | undefined {
    const { routes, interfaceIndex, clock } = this.options;
    const last = this.#neighbours.get(hop);
    if (last !== undefined && last.until > clock.now()) return last.mac;
    if (this.#open.has(hop)) return last?.mac;
    const mac = routes.neighbour(hop, interfaceIndex);
    if (mac !== undefined) {
      keep(this.#neighbours, hop, { mac, until: this.#in(KERNEL_MS), isAsked: false });
      return mac;
    }
    if (last?.isAsked === true) {
      this.#ask(hop);
      return last.mac;
    }
    this.#neighbours.delete(hop);
    return undefined;
  }

  #ask(hop: string, then?: (mac: Uint8Array) => void): void {
    let open = this.#open.get(hop);
    if (open === undefined) {
      if (this.#open.size === MOST_KNOWN) throw new SystemCallError('neighbour', constants.errno.ENOBUFS);
      this.#open.set(hop, (open = { waiting: [], asked: 0, cancel: () => undefined }));
      this.#question(hop, open);
    }
    if (then !== undefined && open.waiting.length < MOST_WAITING) open.waiting.push(then);
  }

  #question(hop: string, open: Open): void {
    const { transmit, self, clock, onUnreachable } = this.options;
    if (open.asked === MOST_QUESTIONS) {
      this.#open.delete(hop);
      this.#neighbours.delete(hop);
      if (open.waiting.length > 0) onUnreachable(new SystemCallError('neighbour', constants.errno.EHOSTUNREACH));
      return;
    }
    open.asked++;
    transmit(questionFrame(hop, self));
    open.cancel = clock.wakeAt(this.#in(RETRANSMIT_MS), () => {
      this.#question(hop, open);
    });
  }

  #in(ms: number): Millis {
    return millis(this.options.clock.now() + ms);
  }
}

/** Enters it, in the place of what was entered first where there is no more room. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= MOST_KNOWN && !map.has(key)) map.delete(oldest);
  map.set(key, value);
}
