/** The relay: every frame between the hosts passes through here, to be seen, held, dropped, or met by faults. */
import { FaultyPath, type Faults } from '../driver/faults.js';
import { Listeners } from '../driver/listeners.js';
import type { Unsubscribe } from '../driver/ports.js';
import { monotonicNow, systemClock } from '../linux/libc/clock.js';
import type { Millis } from '../tcp/types.js';
import { matchPacket, type PacketPattern, parseFrame } from '../wire/index.js';
import { until } from './until.js';

export type Direction = 'client-to-server' | 'server-to-client';

/** What a frame is to look like: fields of the packet in it, its direction; a field left out means "any". */
export type FramePattern = PacketPattern & { readonly direction?: Direction; readonly etherType?: number };

/** What became of a frame when it arrived. What is held passes later, or never; what passed has the faults before it. */
export type FrameFate = 'passed' | 'held' | 'dropped';

export interface RelayedFrame {
  /** Monotonic: when the relay read it. */
  readonly at: Millis;
  readonly direction: Direction;
  /** From the Ethernet header on. */
  readonly bytes: Uint8Array;
  readonly fate: FrameFate;
}

/** What is done to each frame that matches a pattern, as long as it is open. */
export interface RelayRule {
  /** How many frames it was applied to. */
  readonly count: number;
  /** Ends it; what it holds stays held. Idempotent. */
  close(): void;
}

interface Rule {
  readonly fate: 'held' | 'dropped';
  readonly matches: (direction: Direction, bytes: Uint8Array) => boolean;
  /** How many more frames it is to be applied to. */
  left: number;
  count: number;
}

/** IEEE 802: the first bit of the address on the wire. */
const isGroupAddressed = ([first = 0]: Uint8Array): boolean => (first & 1) !== 0;

export class Relay {
  readonly #frames = new Listeners<RelayedFrame>();
  readonly #rules = new Set<Rule>();
  readonly #paths: Readonly<Record<Direction, FaultyPath>>;
  #held: RelayedFrame[] = [];

  /** `forward` puts a frame on the link. */
  constructor(private readonly forward: (direction: Direction, bytes: Uint8Array) => void) {
    const path = (direction: Direction): FaultyPath =>
      new FaultyPath({}, systemClock, (bytes) => {
        forward(direction, bytes);
      });
    this.#paths = { 'client-to-server': path('client-to-server'), 'server-to-client': path('server-to-client') };
  }

  /** Told of every frame, once it is decided what becomes of it. Its bytes are the listener's to keep. */
  onFrame(listener: (frame: RelayedFrame) => void): Unsubscribe {
    return this.#frames.add(listener);
  }

  /** Keeps the frames that match from now on, at most `times` of them. Of several rules the oldest that matches decides. */
  hold(pattern: FramePattern = {}, times = Infinity): RelayRule {
    return this.#add('held', pattern, times);
  }

  /** Drops the frames that match from now on, at most `times` of them. */
  drop(pattern: FramePattern = {}, times = Infinity): RelayRule {
    return this.#add('dropped', pattern, times);
  }

  /** What is held, in the order in which it came. */
  get held(): readonly RelayedFrame[] {
    return this.#held;
  }

  /**
   * Waits until `count` frames are held.
   * @throws {RawshakeError} RS_TIMED_OUT; RS_INTERRUPTED when `signal` is aborted
   */
  async untilHeld(count: number, signal?: AbortSignal): Promise<void> {
    const areHeld = (): boolean => this.#held.length >= count;
    const what = { en: `the relay to hold ${count} frames`, zh: `中继扣住 ${count} 个帧` };
    await until(what, areHeld, (check) => this.onFrame(check), signal);
  }

  /** Lets one held frame pass, out of turn, spared by the faults. */
  pass(frame: RelayedFrame): void {
    if (!this.#held.includes(frame)) return;
    this.#held = this.#held.filter((other) => other !== frame);
    this.forward(frame.direction, frame.bytes);
  }

  /** Ends every hold and lets what is held pass, in the order in which it came, spared by the faults. */
  release(): void {
    for (const rule of this.#rules) if (rule.fate === 'held') this.#rules.delete(rule);
    for (const frame of this.#held) this.pass(frame);
  }

  /** From now on the link is as bad as `faults` says; `{}` makes it good again. Each direction has fates of its own; what is sent to groups has none. */
  faults(faults: Faults, direction?: Direction): void {
    const { seed = 1 } = faults;
    if (direction !== 'server-to-client') this.#paths['client-to-server'].change(faults);
    if (direction !== 'client-to-server') this.#paths['server-to-client'].change({ ...faults, seed: ~seed });
  }

  /** Takes a frame from the link; the bytes are the relay's to keep. */
  receive(direction: Direction, bytes: Uint8Array): void {
    const frame: RelayedFrame = { at: monotonicNow(), direction, bytes, fate: this.#decide(direction, bytes) };
    if (frame.fate === 'held') this.#held = [...this.#held, frame];
    if (frame.fate === 'passed') {
      // Kernels send these by timers of their own (MLD, RFC 3810 §8): with a share in the faults, one seed would give many fates.
      if (isGroupAddressed(bytes)) this.forward(direction, bytes);
      else this.#paths[direction].carry(bytes);
    }
    this.#frames.emit(frame);
  }

  /** Forgets what is held and under way. Idempotent. */
  close(): void {
    this.#held = [];
    for (const path of Object.values(this.#paths)) path.close();
  }

  #add(fate: Rule['fate'], pattern: FramePattern, times: number): RelayRule {
    const rule: Rule = { fate, matches: matcher(pattern), left: times, count: 0 };
    this.#rules.add(rule);
    return {
      get count() {
        return rule.count;
      },
      close: () => {
        this.#rules.delete(rule);
      },
    };
  }

  #decide(direction: Direction, bytes: Uint8Array): FrameFate {
    for (const rule of this.#rules) {
      if (rule.left === 0 || !rule.matches(direction, bytes)) continue;
      rule.left--;
      rule.count++;
      return rule.fate;
    }
    return 'passed';
  }
}

function matcher({ direction, etherType, ...pattern }: FramePattern): Rule['matches'] {
  const matchesAnyFrame = Object.keys(pattern).length === 0 && etherType === undefined;
  return (frameDirection, bytes) => {
    if (direction !== undefined && direction !== frameDirection) return false;
    if (matchesAnyFrame) return true;
    const frame = parseFrame(bytes, 'ethernet');
    if (!frame.ok) return false;
    const { link, packet } = frame.value;
    if (etherType !== undefined && !(link.kind === 'ethernet' && link.etherType === etherType)) return false;
    return Object.keys(pattern).length === 0 || (packet !== undefined && matchPacket(packet, pattern).length === 0);
  };
}
