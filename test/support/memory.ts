/** Two hand-made sides over the memory port, for tests of the driver without a kernel. */
import type { Clock, PacketPort, Unsubscribe } from '../../src/driver/ports.js';
import { type Millis, millis } from '../../src/tcp/types.js';
import type { Flow } from '../../src/wire/flow.js';
import { emitPacket, parsePacket, type TcpInit, type TcpSegment } from '../../src/wire/index.js';

export const FLOW: Flow = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #alarms = new Set<{ readonly at: number; readonly wake: () => void }>();

  now(): Millis {
    return millis(this.#now);
  }

  wakeAt(at: Millis, wake: () => void): Unsubscribe {
    const alarm = { at, wake };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** How many alarms are set. */
  get alarms(): number {
    return this.#alarms.size;
  }

  /** Moves to the next alarm and rings it; false where none is set. */
  advance(): boolean {
    const [next] = [...this.#alarms].sort((a, b) => a.at - b.at);
    if (next === undefined) return false;
    this.#alarms.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.wake();
    return true;
  }
}

/** The other side, written out by the test: reads segments one by one, answers what the test says. */
export class ScriptedPeer {
  readonly #received: TcpSegment[] = [];
  readonly #waiting: ((segment: TcpSegment) => void)[] = [];

  constructor(private readonly port: PacketPort) {
    port.onPacket((bytes) => {
      const parsed = parsePacket(bytes);
      if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('the peer received what is no segment');
      const next = this.#waiting.shift();
      if (next === undefined) this.#received.push(parsed.value.tcp);
      else next(parsed.value.tcp);
    });
  }

  /** The next segment, as soon as it is there. */
  async next(): Promise<TcpSegment> {
    const ready = this.#received.shift();
    return ready ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  send(tcp: TcpInit): void {
    const ports = { srcPort: FLOW.dstPort, dstPort: FLOW.srcPort };
    this.port.send(emitPacket({ ip: { version: 4, src: FLOW.dst, dst: FLOW.src }, tcp: { ...ports, ...tcp } }));
  }
}
