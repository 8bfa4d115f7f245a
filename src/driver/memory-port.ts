/** Two ports joined in memory: simulation without a kernel. A packet arrives after the sender's turn, copied. */
import { Listeners } from './listeners.js';
import type { PacketPort } from './ports.js';

class MemoryPort implements PacketPort {
  readonly transport = 'memory';
  readonly #packets = new Listeners<Uint8Array>();
  readonly #errors = new Listeners<Error>();
  #other: MemoryPort | undefined;
  #open = true;

  join(other: MemoryPort): void {
    this.#other = other;
  }

  send(packet: Uint8Array): void {
    const copy = packet.slice();
    if (this.#open) queueMicrotask(() => this.#other?.receive(copy));
  }

  private receive(packet: Uint8Array): void {
    if (this.#open) this.#packets.emit(packet);
  }

  onPacket(listener: (packet: Uint8Array) => void) {
    return this.#packets.add(listener);
  }

  onError(listener: (error: Error) => void) {
    return this.#errors.add(listener);
  }

  close(): void {
    this.#open = false;
  }
}

/** What one port sends the other receives. */
export function memoryPorts(): [PacketPort, PacketPort] {
  const [left, right] = [new MemoryPort(), new MemoryPort()];
  left.join(right);
  right.join(left);
  return [left, right];
}
