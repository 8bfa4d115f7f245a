/**
 * Finds the link address for each destination: by the kernel's tables, and where they do not know it by asking the link. Never
 * from the packets themselves, whose source anybody on the link can write.
 */
import { constants } from 'node:os';
import type { Clock, Unsubscribe } from '../../driver/ports.js';
import { millis, type Millis } from '../../tcp/types.js';
import { parseMac } from '../../wire/index.js';
import { SystemCallError } from '../libc/libc.js';
import { questionFrame, type Station } from './neighbour-messages.js';
import type { Leaving, RouteTable } from '../netlink/route-table.js';

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

/** Whom a packet is for: whoever has sent something that he could not have made up, or anyone. */
export type Addressee = 'peer' | 'stranger';

/** Asked for, and not answered yet. */
interface Open {
  readonly waiting: Readonly<Record<Addressee, ((mac: Uint8Array) => void)[]>>;
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
/** However many are asked for in vain, there is as much room again for peers. */
const MOST_ASKED_FOR: Readonly<Record<Addressee, number>> = { stranger: MOST_KNOWN, peer: 2 * MOST_KNOWN };
/** Of packets to strangers, for all neighbours together: some MB. */
const MOST_STRANGERS = 8192;

export class Neighbours {
  /** By destination. */
  readonly #ways = new Map<string, Way>();
  /** By next hop. */
  readonly #neighbours = new Map<string, Neighbour>();
  /** By next hop. */
  readonly #open = new Map<string, Open>();
  /** Packets to strangers that wait. */
  #strangers = 0;

  constructor(private readonly options: NeighboursOptions) {}

  /** The link address for `destination`, where it is known by now. */
  known(destination: string): Uint8Array | undefined {
    const way = this.#ways.get(destination);
    const neighbour = way && this.#neighbours.get(way.hop);
    if (way === undefined || neighbour === undefined) return undefined;
    return Math.min(way.until, neighbour.until) > this.options.clock.now() ? neighbour.mac : undefined;
  }

  /**
   * Finds it out; `then` is called now where the kernel knows it, when the link has answered where not, or never. However many
   * strangers are asked for in vain, peers are asked for, and theirs leaves first.
   */
  find(destination: string, then: (mac: Uint8Array) => void, addressee: Addressee = 'peer'): void {
    try {
      const hop = this.#hopTo(destination);
      const mac = this.#neighbour(hop);
      if (mac === undefined) this.#ask(hop, addressee, then);
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
    this.#close(address, open);
    open.cancel();
    keep(this.#neighbours, address, { mac: bytes, until: this.#in(REACHABLE_MS), isAsked: true });
    for (const then of [...open.waiting.peer, ...open.waiting.stranger]) then(bytes);
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
      this.#ask(hop, 'peer');
      return last.mac;
    }
    this.#neighbours.delete(hop);
    return undefined;
  }

  #ask(hop: string, addressee: Addressee, then?: (mac: Uint8Array) => void): void {
    let open = this.#open.get(hop);
    if (open === undefined) {
      if (this.#open.size >= MOST_ASKED_FOR[addressee]) {
        if (addressee === 'stranger') return; // as where too much waits: whoever is there begins anew
        throw new SystemCallError('neighbour', constants.errno.ENOBUFS);
      }
      open = { waiting: { peer: [], stranger: [] }, asked: 0, cancel: () => undefined };
      this.#open.set(hop, open);
      this.#question(hop, open);
    }
    const waiting = open.waiting[addressee];
    const isFull = waiting.length >= MOST_WAITING || (addressee === 'stranger' && this.#strangers >= MOST_STRANGERS);
    if (then === undefined || isFull) return;
    waiting.push(then);
    if (addressee === 'stranger') this.#strangers += 1;
  }

  #close(hop: string, { waiting }: Open): void {
    this.#open.delete(hop);
    this.#strangers -= waiting.stranger.length;
  }

  #question(hop: string, open: Open): void {
    const { transmit, self, clock, onUnreachable } = this.options;
    if (open.asked === MOST_QUESTIONS) {
      this.#close(hop, open);
      this.#neighbours.delete(hop);
      const { peer, stranger } = open.waiting;
      if (peer.length + stranger.length > 0)
        onUnreachable(new SystemCallError('neighbour', constants.errno.EHOSTUNREACH));
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
