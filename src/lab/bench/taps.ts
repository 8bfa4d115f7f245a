/** All that passes between the two hosts of a lab, as it left each: the captures at both ends, and those of loopbacks. */
import type { Text } from '../../error.js';
import { Listeners } from '../../driver/listeners.js';
import type { Unsubscribe } from '../../driver/ports.js';
import type { Missing } from '../../evidence/missing.js';
import type { EndName } from '../../evidence/host.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import type { ObservedFrame } from '../../evidence/evidence.js';
import { DEFAULT_MARK } from '../../filter/plan.js';
import { type Capture, type CapturedFrame, openCapture, type TapOptions } from '../../linux/capture/capture.js';
import { MOST_BYTES, MOST_FRAMES } from '../../linux/capture/too-many-frames.js';
import { realtimeOffset } from '../../linux/libc/clock.js';
import type { Leases } from '../../linux/process/leases.js';
import { type Packet, parsePacket } from '../../wire/index.js';
import { LOOPBACK } from '../addresses.js';
import type { Lab } from '../lab.js';
import type { LabFeedSources } from '../lab-feed.js';
import { byOwnMark, observedLoopbackPacket, observedPacket, wayOf, type Who } from '../observe-frame.js';
import { onAnyOf } from '../until.js';

export type IsPacket = (packet: Packet) => boolean;

const HOSTS: readonly EndName[] = ['client', 'server'];

/** A capture, and at which end of what. */
interface Tap {
  readonly host: EndName;
  readonly capture: Capture;
  readonly over: 'link' | 'loopback';
  /** What is in its frames: asked for again and again while steps wait, read once. */
  readonly observed: WeakMap<CapturedFrame, ObservedPacket | 'no TCP'>;
}

/** How the taps tell who sent what. */
export interface SenderTelling {
  /** What a capture is to ask of each frame. */
  ask(host: EndName, over: Tap['over']): Pick<TapOptions, 'marks' | 'tellHashed'>;
  /** Of a frame that left `host`, asked soon after that. */
  tell(frame: CapturedFrame, host: EndName): Who;
}

const BY_OWN_MARK: SenderTelling = { ask: () => ({ marks: [DEFAULT_MARK] }), tell: byOwnMark };

export class Taps {
  readonly #all: Tap[] = [];
  readonly #listeners = new Listeners<ObservedPacket>();
  #isUnwatched: IsPacket | undefined;

  constructor(
    private readonly lab: Lab,
    private readonly leases: Leases,
    private readonly senders: SenderTelling = BY_OWN_MARK,
    private readonly whenFull: 'throw' | 'tell' = 'throw',
  ) {
    this.#watchLink();
  }

  #watchLink(): void {
    for (const host of HOSTS) this.#add(host, 'link');
  }

  #add(host: EndName, over: Tap['over']): Capture {
    const { netns, link } = this.lab[host];
    const interfaceName = over === 'link' ? link.name : LOOPBACK;
    const capture = this.leases.add(openCapture({ netns, interfaceName, ...this.senders.ask(host, over) }));
    const tap = { host, capture, over, observed: new WeakMap() };
    this.#all.push(tap);
    capture.onFrame((frame) => {
      if (frame.direction === 'outgoing') this.senders.tell(frame, host);
      if (this.#listeners.isEmpty || !this.#isShown(frame)) return;
      const packet = this.#packetIn(frame, tap);
      if (packet !== undefined) this.#listeners.emit(packet);
    });
    return capture;
  }

  /** What has passed, and is not told: it was lost before it was read, or is more than is kept. */
  get missing(): readonly Missing[] {
    const lost = this.#all.reduce((sum, { capture }) => sum + capture.lost(), 0);
    const isFull = this.#all.some(({ capture }) => capture.isFull);
    return [...(lost === 0 ? [] : [lostFrames(lost)]), ...(isFull ? [NOT_KEPT] : [])];
  }

  /** What the host sends to itself, until closed. */
  watchLoopback(host: EndName): { close(): void } {
    return this.#add(host, 'loopback');
  }

  /**
   * Meanwhile the link is not captured.
   * @param isOfIt which packets are of it, and never shown: a few may arrive when it counts as over
   */
  async unwatched<T>(work: () => Promise<T>, isOfIt: IsPacket | undefined): Promise<T> {
    this.#isUnwatched = isOfIt;
    for (const { over, capture } of this.#all) if (over === 'link') capture.close();
    try {
      return await work();
    } finally {
      this.#watchLink();
    }
  }

  /** @throws {TooManyFrames} where more has passed than is kept */
  throwIfFull(): void {
    for (const { capture } of this.#all) capture.throwIfFull();
  }

  /** Called soon after each frame that is captured. */
  onFrame(listener: () => void): Unsubscribe {
    const sources = this.#all.map(
      ({ capture }) =>
        (check: () => void) =>
          capture.onFrame(check),
    );
    return onAnyOf(...sources)(listener);
  }

  /** For a feed: each TCP packet from now on, those of each capture in the order of time. */
  readonly source: Pick<LabFeedSources, 'onPacket' | 'readPackets'> = {
    onPacket: (listener) => this.#listeners.add(listener),
    readPackets: () => {
      for (const { capture } of this.#all) capture.read();
    },
  };

  /** Every TCP packet up to now, in the order of time. */
  packets(): readonly ObservedPacket[] {
    return this.#sent((frame, tap) => this.#packetIn(frame, tap)).sort((a, b) => a.at - b.at);
  }

  /** Every frame up to now, what is no TCP too, in the order of time. */
  frames(): readonly ObservedFrame[] {
    const offset = realtimeOffset();
    const observed = (frame: CapturedFrame, { host, over }: Tap): ObservedFrame => ({
      epochMs: frame.at + offset,
      bytes: frame.bytes,
      ...wayOf(frame, host, this.senders.tell(frame, host)),
      ...(over === 'loopback' && { to: host }),
    });
    return this.#sent(observed).sort((a, b) => a.epochMs - b.epochMs);
  }

  /** What left each host, seen there: a mark does not cross the link, and loopback shows every packet a second time. */
  #sent<T>(map: (frame: CapturedFrame, tap: Tap) => T | undefined): T[] {
    return this.#all.flatMap((tap) => {
      const frames = this.whenFull === 'tell' ? tap.capture.kept() : tap.capture.frames();
      const sent = frames.filter((frame) => this.#isShown(frame));
      return sent.flatMap((frame) => map(frame, tap) ?? []);
    });
  }

  #isShown(frame: CapturedFrame): boolean {
    return frame.direction === 'outgoing' && !this.#isOfUnwatched(frame);
  }

  #isOfUnwatched({ bytes, linkHeaderBytes }: CapturedFrame): boolean {
    if (this.#isUnwatched === undefined) return false;
    const parsed = parsePacket(bytes.subarray(linkHeaderBytes));
    return parsed.ok && this.#isUnwatched(parsed.value);
  }

  #packetIn(frame: CapturedFrame, { host, over, observed }: Tap): ObservedPacket | undefined {
    let packet = observed.get(frame);
    if (packet === undefined) {
      const who = this.senders.tell(frame, host);
      const observe = over === 'link' ? observedPacket : observedLoopbackPacket;
      packet = observe(frame, host, who) ?? 'no TCP';
      observed.set(frame, packet);
    }
    return packet === 'no TCP' ? undefined : packet;
  }
}

const lostFrames = (lost: number): Missing => ({
  en: `${lost} frame${lost === 1 ? '' : 's'} that passed faster than they were read`,
  zh: `通过速度超过读取速度的 ${lost} 个帧`,
  lostSoFar: lost,
});

const NOT_KEPT: Text = {
  en: `frames beyond the first ${MOST_FRAMES}, or ${MOST_BYTES >> 20} MiB, of a host`,
  zh: `一台主机最初 ${MOST_FRAMES} 个帧（或 ${MOST_BYTES >> 20} MiB）之后的帧`,
};
