/** What the host that is watched has of its own: addresses, interfaces, whether it forwards. Looked up again where something is new. */
import { readFileSync } from 'node:fs';
import { linkNames, ownAddresses } from '../../linux/netlink/own-addresses.js';
import { openRtnetlink } from '../../linux/netlink/rtnetlink.js';
import type { NetworkNamespace } from '../../linux/namespace/netns.js';
import { monotonicNow } from '../../linux/libc/clock.js';
import { isLoopback } from '../../wire/address-class.js';

/** Not for each packet of a host that forwards. */
const LOOK_AGAIN_MS = 1000;

export class Own {
  readonly #line;
  #addresses: ReadonlySet<string> = new Set();
  #links: ReadonlyMap<number, string> = new Map();
  /** Interfaces that were there when something passed, and are no more. */
  readonly #gone = new Set<number>();
  #lookedAtMs = -Infinity;
  forwards = false;

  constructor(private readonly netns: NetworkNamespace | undefined) {
    this.#line = openRtnetlink(netns);
    this.#look();
  }

  has(address: string): boolean {
    if (isLoopback(address) || this.#addresses.has(address)) return true;
    this.#lookAgain();
    return this.#addresses.has(address);
  }

  /** undefined: it is gone. */
  linkName(index: number): string | undefined {
    if (!this.#links.has(index) && !this.#gone.has(index)) {
      this.#look();
      if (!this.#links.has(index)) this.#gone.add(index);
    }
    return this.#links.get(index);
  }

  /** Idempotent. */
  close(): void {
    this.#line.close();
  }

  #lookAgain(): void {
    if (monotonicNow() - this.#lookedAtMs > LOOK_AGAIN_MS) this.#look();
  }

  #look(): void {
    this.#lookedAtMs = monotonicNow();
    this.#addresses = new Set(ownAddresses(this.#line));
    this.#links = linkNames(this.#line);
    this.forwards = FORWARDING.some((file) => this.#reads(file).startsWith('1'));
  }

  #reads(file: string): string {
    const read = (): string => readFileSync(file, 'latin1');
    try {
      return this.netns === undefined ? read() : this.netns.run(read);
    } catch {
      return ''; // a kernel without IPv6
    }
  }
}

const FORWARDING = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/ipv6/conf/all/forwarding'];
