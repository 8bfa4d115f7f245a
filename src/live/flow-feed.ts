/** Fills a feed with the packets of one hand-made connection, a little after each has passed: by then it is known whether it was believed. */
import type { TraceEntry } from '../driver/trace.js';
import type { Feed } from '../evidence/feed.js';
import { handshakeTimeline } from '../evidence/handshake-timeline.js';
import { MomentMaker, seenPacket } from '../evidence/moment-maker.js';
import { type ObservedPacket, ownedSince } from '../evidence/packet.js';
import type { FilterLease } from '../filter/lease.js';
import type { Millis } from '../tcp/types.js';
import type { FlowCapture } from './flow-capture.js';
import { IgnoredResets } from './ignored-resets.js';

/** How often it is looked. */
const EVERY_MS = 50;

/** Of what has passed since, so many are made moments of at the most: under a flood the event loop goes on turning. */
const [FIRST_AT_ONCE, LAST_AT_ONCE] = [100, 4900] as const;

export class FlowFeed {
  readonly #ignored = new IgnoredResets();
  readonly #timer: NodeJS.Timeout;
  #passed: ObservedPacket[] = [];
  #lost = 0;
  #maker: MomentMaker | undefined;
  /** Of what was told last. */
  #lastMs = 0;
  #mayBeAdopted = false;
  #adoptedAt: Millis | undefined;

  /** Before the first packet. */
  constructor(
    private readonly feed: Feed,
    private readonly capture: FlowCapture,
  ) {
    capture.onPacket(this.#ignored.observe);
    capture.onPacket((packet) => this.#passed.push(packet));
    // The connection is what keeps the process going.
    this.#timer = setInterval(() => this.#tell(), EVERY_MS).unref();
  }

  /** As `onTrace` of the connection. */
  hear(entry: TraceEntry): void {
    this.#ignored.hear(entry);
  }

  /** The kernel is about to be given the connection: its first segment will show that it has it. */
  expectAdoption(): void {
    this.#mayBeAdopted = true;
  }

  /** Gives what has passed up to now, with what only the filter's counter tells, and ends the feed. Idempotent. */
  end(filter: FilterLease | undefined): void {
    clearInterval(this.#timer);
    try {
      this.capture.catchUp();
      this.#tell();
      if (filter !== undefined && this.feed.isOpen) this.#tellDropped(filter);
    } finally {
      this.feed.end();
    }
  }

  #tell(): void {
    if (!this.feed.isOpen) {
      this.#passed = [];
      return;
    }
    const passed = this.#passed.splice(0);
    const lastOnes = Math.max(FIRST_AT_ONCE, passed.length - LAST_AT_ONCE);
    for (const packet of passed.slice(0, FIRST_AT_ONCE)) this.#tellPacket(packet);
    this.#leaveOut(passed.slice(FIRST_AT_ONCE, lastOnes));
    for (const packet of passed.slice(lastOnes)) this.#tellPacket(packet);
    const packets = this.capture.lost() - this.#lost;
    if (packets > 0) this.feed.push({ type: 'left-out', ms: this.#lastMs, isTelling: true, packets });
    this.#lost += packets;
  }

  #tellPacket(packet: ObservedPacket): void {
    this.#maker ??= new MomentMaker(packet.at);
    const moment = this.#maker.make(seenPacket(this.#ignored.mark(packet)));
    this.#tellAdoption([packet]);
    this.feed.push(moment);
    this.#lastMs = moment.ms;
  }

  #leaveOut(passed: readonly ObservedPacket[]): void {
    const [first] = passed;
    if (first === undefined) return;
    this.feed.push({ type: 'left-out', ms: this.#msOf(first.at), isTelling: true, packets: passed.length });
    this.#tellAdoption(passed);
  }

  #tellAdoption(passed: readonly ObservedPacket[]): void {
    if (!this.#mayBeAdopted || this.#adoptedAt !== undefined) return;
    this.#adoptedAt = ownedSince(passed, 'client');
    if (this.#adoptedAt === undefined) return;
    this.feed.push({ type: 'adopted', ms: this.#msOf(this.#adoptedAt), isTelling: true, host: 'client' });
  }

  #msOf(at: Millis): number {
    return at - (this.#maker?.startMs ?? at);
  }

  #tellDropped(filter: FilterLease): void {
    const { packets } = this.capture.record();
    const adopted = this.#adoptedAt === undefined ? {} : { adoptedAt: this.#adoptedAt };
    const rule = { drops: 'resets', ...filter.counters() } as const;
    const all = handshakeTimeline({ role: 'client', packets, lookups: [], kernel: [], rule, ...adopted });
    for (const moment of all) if (moment.type === 'dropped') this.feed.push(moment);
  }
}
