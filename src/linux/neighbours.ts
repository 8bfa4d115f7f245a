/** Finds the link address for each destination: by the kernel's tables, and where they do not know it by asking the link. */
import { constants } from 'node:os';
import type { Clock, Unsubscribe } from '../driver/ports.js';
import { millis } from '../tcp/types.js';
import { parseMac } from '../wire/index.js';
import { SystemCallError } from './libc.js';
import { questionFrame, type Station } from './neighbour-messages.js';
import type { RouteTable } from './route-table.js';

export interface NeighboursOptions {
  readonly interfaceIndex: number;
  /** Who asks. */
  readonly self: Station;
  readonly routes: RouteTable;
  readonly clock: Clock;
  readonly transmit: (frame: Uint8Array) => void;
  /** No route leads to a destination, or nobody on the link answers for it: what waited for it is lost. */
  readonly onUnreachable: (error: SystemCallError) => void;
}

/** Asked for, and not answered yet. */
interface Open {
  readonly waiting: { readonly destination: string; readonly then: (mac: Uint8Array) => void }[];
  asked: number;
  cancel: Unsubscribe;
}

/** RETRANS_TIMER and MAX_MULTICAST_SOLICIT, RFC 4861 §10; Linux has the same for ARP. */
const RETRANSMIT_MS = 1000;
const MOST_QUESTIONS = 3;
/** As many as Linux lets wait for one neighbour (unres_qlen), and as many neighbours as it keeps (gc_thresh3). */
const MOST_WAITING = 101;
const MOST_KNOWN = 1024;

export class Neighbours {
  /** By destination. */
  readonly #known = new Map<string, Uint8Array>();
  /** By next hop. */
  readonly #open = new Map<string, Open>();

  constructor(private readonly options: NeighboursOptions) {}

  /** The link address for `destination`, where it is known by now. */
  known(destination: string): Uint8Array | undefined {
    return this.#known.get(destination);
  }

  /** Finds it out; `then` is called now where the kernel knows it, when the link has answered where not, or never. */
  find(destination: string, then: (mac: Uint8Array) => void): void {
    const { routes, interfaceIndex, onUnreachable } = this.options;
    try {
      const hop = routes.nextHop(destination).address;
      const mac = routes.neighbour(hop, interfaceIndex);
      if (mac === undefined) {
        this.#ask(hop, destination, then);
        return;
      }
      this.learn(destination, mac);
      then(mac);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      onUnreachable(error);
    }
  }

  /** Packets to `destination` go to `mac` from now on, unless another was known before. */
  learn(destination: string, mac: Uint8Array): void {
    if (this.#known.has(destination)) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MOST_KNOWN) this.#known.delete(oldest);
    this.#known.set(destination, mac);
  }

  /** A neighbour told its link address. */
  answered({ address, mac }: Station): void {
    const open = this.#open.get(address);
    const bytes = parseMac(mac);
    if (open === undefined || bytes === undefined) return;
    this.#open.delete(address);
    open.cancel();
    for (const { destination, then } of open.waiting) {
      this.learn(destination, bytes);
      then(bytes);
    }
  }

  /** Idempotent. */
  close(): void {
    for (const { cancel } of this.#open.values()) cancel();
    this.#open.clear();
  }

  #ask(hop: string, destination: string, then: (mac: Uint8Array) => void): void {
    const open = this.#open.get(hop);
    if (open === undefined) {
      const fresh: Open = { waiting: [{ destination, then }], asked: 0, cancel: () => undefined };
      this.#open.set(hop, fresh);
      this.#question(hop, fresh);
    } else if (open.waiting.length < MOST_WAITING) {
      open.waiting.push({ destination, then });
    }
  }

  #question(hop: string, open: Open): void {
    const { transmit, self, clock, onUnreachable } = this.options;
    if (open.asked === MOST_QUESTIONS) {
      this.#open.delete(hop);
      onUnreachable(new SystemCallError('neighbour', constants.errno.EHOSTUNREACH));
      return;
    }
    open.asked++;
    transmit(questionFrame(hop, self));
    open.cancel = clock.wakeAt(millis(clock.now() + RETRANSMIT_MS), () => {
      this.#question(hop, open);
    });
  }
}
