/** What a bad link does to packets: loss, duplication, reordering, delay, corruption, the same for the same seed. As tc-netem(8). */
import { DelayLine } from './delay-line.js';
import { Listeners } from './listeners.js';
import type { Clock, PacketPort } from './ports.js';
import { randomStream } from './random.js';

/** From 0 (never) to 1 (always). */
export type Probability = number;

/** Milliseconds: always the same, or evenly spread from the first to the second. */
export type DelayMs = number | readonly [from: number, to: number];

/** What is left out does not happen. */
export interface Faults {
  /** The same seed gives the same packets the same fates. Default: 1. */
  readonly seed?: number;
  /** The packet does not arrive. */
  readonly loss?: Probability;
  /** It arrives twice. */
  readonly duplication?: Probability;
  /** It takes `reorderingMs` longer than the others, so that those behind it overtake it. */
  readonly reordering?: Probability;
  /** Default: 10. */
  readonly reorderingMs?: DelayMs;
  /** One bit of it is flipped. */
  readonly corruption?: Probability;
  /** How long it takes. Within a range, later packets may overtake earlier ones. */
  readonly delayMs?: DelayMs;
}

/** One packet as it arrives. A lost packet has no arrival, a duplicated one has two. */
export interface Arrival {
  /** The packet's own bytes, or a copy in which a bit is flipped. */
  readonly bytes: Uint8Array;
  readonly delayMs: number;
}

/**
 * Decides on one packet after the other. It draws the same count of random numbers for each, so that with the same
 * seed one more fault leaves what the others do as it was.
 * @throws {RangeError} where a probability or a delay cannot be one
 */
export function fates(faults: Faults): (bytes: Uint8Array) => readonly Arrival[] {
  check(faults);
  const {
    seed = 1,
    loss = 0,
    duplication = 0,
    reordering = 0,
    reorderingMs = 10,
    corruption = 0,
    delayMs = 0,
  } = faults;
  const random = randomStream(seed);
  const arrival = (bytes: Uint8Array): Arrival => {
    const usual = within(delayMs, random());
    const isLate = random() < reordering;
    const extra = within(reorderingMs, random());
    const isCorrupt = random() < corruption;
    const where = random();
    return { bytes: isCorrupt ? flipBit(bytes, where) : bytes, delayMs: isLate ? usual + extra : usual };
  };
  return (bytes) => {
    const isLost = random() < loss;
    const isDouble = random() < duplication;
    const [first, second] = [arrival(bytes), arrival(bytes)];
    if (isLost) return [];
    return isDouble ? [first, second] : [first];
  };
}

const endsOf = (delay: DelayMs): readonly [number, number] => (typeof delay === 'number' ? [delay, delay] : delay);

const within = (delay: DelayMs, share: number): number => {
  const [from, to] = endsOf(delay);
  return from + (to - from) * share;
};

/** A copy with one bit flipped, `where` of the way from the first bit to the last. */
function flipBit(bytes: Uint8Array, where: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  const bit = Math.floor(where * bytes.length * 8);
  const byte = copy[bit >> 3];
  if (byte !== undefined) copy[bit >> 3] = byte ^ (0x80 >> (bit & 7));
  return copy;
}

function check(faults: Faults): void {
  for (const name of ['loss', 'duplication', 'reordering', 'corruption'] as const) {
    const value = faults[name] ?? 0;
    if (!(value >= 0 && value <= 1)) throw new RangeError(`${name}: ${value} is no probability from 0 to 1`);
  }
  for (const name of ['delayMs', 'reorderingMs'] as const) {
    const [from, to] = endsOf(faults[name] ?? 0);
    if (!(from >= 0 && from <= to && to < Infinity))
      throw new RangeError(`${name}: ${from} to ${to} is no range of milliseconds`);
  }
}

/** One way through a bad link: packets in at one end, what becomes of them out at the other. */
export class FaultyPath {
  #fateOf: (bytes: Uint8Array) => readonly Arrival[];
  readonly #line: DelayLine<Uint8Array>;

  constructor(
    faults: Faults,
    clock: Clock,
    private readonly deliver: (bytes: Uint8Array) => void,
  ) {
    this.#fateOf = fates(faults);
    this.#line = new DelayLine(clock, deliver);
  }

  /** From now on `faults` decide; what is under way stays so. */
  change(faults: Faults): void {
    this.#fateOf = fates(faults);
  }

  /** Delivers within the call what arrives without delay; the caller may use the bytes again after it. */
  carry(bytes: Uint8Array): void {
    for (const arrival of this.#fateOf(bytes)) {
      if (arrival.delayMs === 0) this.deliver(arrival.bytes);
      else this.#line.add(new Uint8Array(arrival.bytes), arrival.delayMs);
    }
  }

  /** Loses all that is still on its way. Idempotent. */
  close(): void {
    this.#line.close();
  }
}

export interface PortFaults extends Faults {
  /** Which packets meet them; each direction has fates of its own. Default: `both`. */
  readonly direction?: 'send' | 'receive' | 'both';
}

/** A port that behaves as if a bad link were in front of it. Closing it closes `port`. */
export function withFaults(port: PacketPort, faults: PortFaults, clock: Clock): PacketPort {
  const { direction = 'both', seed = 1 } = faults;
  const packets = new Listeners<Uint8Array>();
  const send = (packet: Uint8Array): void => {
    port.send(packet);
  };
  const receive = (packet: Uint8Array): void => {
    packets.emit(packet);
  };
  const outgoing = new FaultyPath(direction === 'receive' ? {} : faults, clock, send);
  const incoming = new FaultyPath(direction === 'send' ? {} : { ...faults, seed: ~seed }, clock, receive);
  const unsubscribe = port.onPacket((packet) => {
    incoming.carry(packet);
  });
  return {
    transport: port.transport,
    send(packet) {
      outgoing.carry(packet);
    },
    onPacket: (listener) => packets.add(listener),
    onError: (listener) => port.onError(listener),
    ...(port.pathMtu !== undefined && { pathMtu: (destination) => port.pathMtu?.(destination) }),
    ...(port.onRefused !== undefined && { onRefused: (listener) => port.onRefused?.(listener) ?? (() => undefined) }),
    ...(port.onIcmp !== undefined && { onIcmp: (listener) => port.onIcmp?.(listener) ?? (() => undefined) }),
    close() {
      unsubscribe();
      outgoing.close();
      incoming.close();
      port.close();
    },
  };
}
