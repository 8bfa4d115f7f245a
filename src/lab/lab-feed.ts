/** Fills a feed with what is seen in a lab: every so often with all that happened until shortly before, whoever saw it. */
import type { Unsubscribe } from '../driver/ports.js';
import type { Scene } from '../evidence/evidence.js';
import type { Feed } from '../evidence/feed.js';
import type { SystemCall } from '../evidence/kernel-event.js';
import { LiveTimeline } from '../evidence/live-timeline.js';
import type { Lookup } from '../evidence/lookup.js';
import { seenCall, seenEvent, seenLookup, seenPacket, seenScene } from '../evidence/moment-maker.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { monotonicNow } from '../linux/libc/clock.js';
import type { KernelTrace } from '../linux/trace/kernel-trace.js';
import { type FollowedKernels, followKernels } from './kernel-evidence.js';
import type { Lab } from './lab.js';

/** How often it is looked. */
const EVERY_MS = 50;

/** What is stamped on one processor may be found a little later by another; a kernel's word is joined with packets of its moment. */
const SETTLED_MS = 5;

/** What sees, from before the first packet on; the lists grow meanwhile. */
export interface LabFeedSources {
  readonly lab: Lab;
  readonly trace: KernelTrace;
  readonly lookups: readonly Lookup[];
  readonly scenes?: readonly Scene[];
  readonly onPacket: (listener: (packet: ObservedPacket) => void) => Unsubscribe;
  /** Has the listeners told of every packet up to now. */
  readonly readPackets: () => void;
}

export class LabFeed {
  #timeline = new LiveTimeline();
  /** For the kernels' words; in the order of time when they are asked for. */
  readonly #packets: ObservedPacket[] = [];
  #kernels: FollowedKernels;
  readonly #timer: NodeJS.Timeout;
  readonly #unsubscribe: Unsubscribe;
  #lookups = 0;
  #scenes = 0;

  /** @param fromMs when the kernels began to be heard */
  constructor(
    private readonly feed: Feed,
    private readonly sources: LabFeedSources,
    fromMs: number,
  ) {
    this.#kernels = this.#heardFrom(fromMs);
    this.#unsubscribe = sources.onPacket((packet) => {
      this.#packets.push(packet);
      this.#timeline.add(seenPacket(packet));
    });
    // The run is what keeps the process going.
    this.#timer = setInterval(() => this.#tell(), EVERY_MS).unref();
  }

  /** The run begins here, before its first packet: what was seen up to now was to prepare it. */
  begin(fromMs: number): void {
    this.#timeline = new LiveTimeline();
    this.#kernels = this.#heardFrom(fromMs);
    this.#lookups = this.sources.lookups.length;
    this.#scenes = this.sources.scenes?.length ?? 0;
  }

  #heardFrom(fromMs: number): FollowedKernels {
    const { trace, lab } = this.sources;
    return followKernels(trace, lab, { fromMs, packets: this.#packets });
  }

  /** Gives what was seen up to now, and ends the feed. Idempotent. `calls`: of which processes is asked is known only now. */
  end(calls: readonly SystemCall[] = []): void {
    if (this.feed.isOpen) {
      this.#look(monotonicNow());
      for (const call of calls) this.#timeline.add(seenCall(call));
      for (const moment of this.#timeline.end()) this.feed.push(moment);
      this.feed.end();
    }
    this.#stop();
  }

  #tell(): void {
    if (!this.feed.isOpen) {
      this.#stop();
      return;
    }
    const untilMs = monotonicNow() - SETTLED_MS;
    this.#look(untilMs);
    for (const moment of this.#timeline.until(untilMs)) this.feed.push(moment);
  }

  /** `untilMs`: of the kernels; all else is known up to now. */
  #look(untilMs: number): void {
    const { lookups, scenes = [], readPackets } = this.sources;
    readPackets();
    this.#packets.sort((a, b) => a.at - b.at);
    const seen = [
      ...scenes.slice(this.#scenes).map(seenScene),
      ...lookups.slice(this.#lookups).map(seenLookup),
      ...this.#kernels.until(untilMs).map(seenEvent),
    ];
    this.#lookups = lookups.length;
    this.#scenes = scenes.length;
    for (const one of seen) this.#timeline.add(one);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#unsubscribe();
  }
}
