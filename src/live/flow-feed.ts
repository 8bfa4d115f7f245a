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

export class FlowFeed {
  readonly #ignored = new IgnoredResets();
  readonly #timer: NodeJS.Timeout;
  #passed: ObservedPacket[] = [];
  #lost = 0;
  #maker: MomentMaker | undefined;
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
    for (const packet of this.#passed.splice(0)) this.#tellPacket(packet);
    const packets = this.capture.lost() - this.#lost;
    if (packets > 0) this.feed.push({ type: 'left-out', ms: Number.NEGATIVE_INFINITY, isTelling: true, packets });
    this.#lost += packets;
  }

  #tellPacket(packet: ObservedPacket): void {
    this.#maker ??= new MomentMaker(packet.at);
    const moment = this.#maker.make(seenPacket(this.#ignored.mark(packet)));
    if (this.#mayBeAdopted && this.#adoptedAt === undefined) {
      this.#adoptedAt = ownedSince([packet], 'client');
      if (this.#adoptedAt !== undefined)
        this.feed.push({ type: 'adopted', ms: moment.ms, isTelling: true, host: 'client' });
    }
    this.feed.push(moment);
  }

  #tellDropped(filter: FilterLease): void {
    const { packets } = this.capture.record();
    const adopted = this.#adoptedAt === undefined ? {} : { adoptedAt: this.#adoptedAt };
    const rule = { drops: 'resets', ...filter.counters() } as const;
    const all = handshakeTimeline({ role: 'client', packets, lookups: [], kernel: [], rule, ...adopted });
    for (const moment of all) if (moment.type === 'dropped') this.feed.push(moment);
  }
}
