import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect, handshake } from '../../src/driver/connect.js';
import { fates, type Faults, type PortFaults, withFaults } from '../../src/driver/faults.js';
import { memoryPorts } from '../../src/driver/memory-port.js';
import { FakeClock, FLOW, ScriptedPeer } from '../support/memory.js';

const COUNT = 20_000;

/** What becomes of many packets; packet `i` holds `i`. */
const fatesOfMany = (faults: Faults) => {
  const fateOf = fates(faults);
  return Array.from({ length: COUNT }, (_, i) => fateOf(new Uint8Array(new Uint32Array([i]).buffer)));
};

const numberIn = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(0, true);

const bitsApart = (one: Uint8Array, other: Uint8Array): number =>
  one.reduce((sum, byte, i) => sum + (byte ^ (other[i] ?? 0)).toString(2).replaceAll('0', '').length, 0);

describe('fates', () => {
  test('the same seed, the same fates; another seed, others', () => {
    const faults = { loss: 0.2, duplication: 0.1, reordering: 0.1, corruption: 0.1, delayMs: [1, 5] } as const;
    expect(fatesOfMany({ ...faults, seed: 7 })).toEqual(fatesOfMany({ ...faults, seed: 7 }));
    expect(fatesOfMany({ ...faults, seed: 7 })).not.toEqual(fatesOfMany({ ...faults, seed: 8 }));
  });

  test('no fault: every packet arrives once, at once, as it was', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(fates({})(bytes)).toEqual([{ bytes, delayMs: 0 }]);
  });

  test.each([
    ['loss', (arrivals: ReturnType<ReturnType<typeof fates>>) => arrivals.length === 0],
    ['duplication', (arrivals: ReturnType<ReturnType<typeof fates>>) => arrivals.length === 2],
    ['reordering', (arrivals: ReturnType<ReturnType<typeof fates>>) => arrivals[0]?.delayMs === 10],
  ] as const)('%s happens as often as its probability says', (fault, happened) => {
    for (const probability of [0, 0.01, 0.2, 1]) {
      const share = fatesOfMany({ [fault]: probability }).filter(happened).length / COUNT;
      expect(Math.abs(share - probability)).toBeLessThan(0.01);
    }
  });

  test('corruption flips one bit of a copy, anywhere in the packet', () => {
    const fateOf = fates({ corruption: 1 });
    const original = new Uint8Array(4);
    const flipped = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      const [arrival] = fateOf(original);
      expect(bitsApart(arrival?.bytes ?? original, original)).toBe(1);
      flipped.add(String(arrival?.bytes));
    }
    expect(flipped.size).toBe(32);
    expect(original).toEqual(new Uint8Array(4));
    expect(fateOf(new Uint8Array(0))).toEqual([{ bytes: new Uint8Array(0), delayMs: 0 }]);
  });

  test('a delay is spread over its range', () => {
    const delays = fatesOfMany({ delayMs: [20, 30] }).map(([arrival]) => arrival?.delayMs ?? -1);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...delays)).toBeLessThan(30);
    expect(new Set(delays.map(Math.floor)).size).toBe(10);
  });

  test('one more fault leaves what the others do as it was', () => {
    const lost = (faults: Faults) => fatesOfMany(faults).map((arrivals) => arrivals.length === 0);
    expect(lost({ loss: 0.3, delayMs: [0, 9], corruption: 0.5, duplication: 0.5 })).toEqual(lost({ loss: 0.3 }));
  });

  test('what cannot be a probability or a range is refused', () => {
    for (const faults of [{ loss: 1.1 }, { corruption: -0.1 }, { duplication: NaN }])
      expect(() => fates(faults)).toThrow(RangeError);
    for (const delayMs of [-1, [3, 2], [0, Infinity]] as const) expect(() => fates({ delayMs })).toThrow(RangeError);
  });
});

describe('a port behind a bad link', () => {
  const setUp = (faults: PortFaults) => {
    const [inner, other] = memoryPorts();
    const clock = new FakeClock();
    const port = withFaults(inner, faults, clock);
    const here: number[] = [];
    const there: number[] = [];
    port.onPacket((bytes) => here.push(numberIn(bytes)));
    other.onPacket((bytes) => there.push(numberIn(bytes)));
    const exchange = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const bytes = new Uint8Array(new Uint32Array([i]).buffer);
        port.send(bytes);
        other.send(bytes);
        bytes.fill(0xee); // theirs again: what is under way must not change
      }
      await nextTurn();
      while (clock.advance());
      await nextTurn();
      return { here, there };
    };
    return { port, other, clock, exchange };
  };
  const inOrder = (count: number) => Array.from({ length: count }, (_, i) => i);

  test.each([
    ['send', 0, 100],
    ['receive', 100, 0],
    ['both', 0, 0],
  ] as const)('faults on %s', async (direction, there, here) => {
    const { exchange } = setUp({ loss: 1, direction });
    const arrived = await exchange(100);
    expect(arrived.there).toEqual(inOrder(there));
    expect(arrived.here).toEqual(inOrder(here));
  });

  test('each direction has fates of its own', async () => {
    const arrived = await setUp({ loss: 0.5 }).exchange(100);
    expect(arrived.here).not.toEqual(arrived.there);
  });

  test('the same delay for all keeps their order, jitter does not', async () => {
    expect((await setUp({ delayMs: 5 }).exchange(50)).there).toEqual(inOrder(50));
    const { there } = await setUp({ delayMs: [0, 5] }).exchange(50);
    expect(there).not.toEqual(inOrder(50));
    expect(there.toSorted((a, b) => a - b)).toEqual(inOrder(50));
  });

  test('a packet out of order is overtaken by those behind it', async () => {
    const { there } = await setUp({ reordering: 0.1, direction: 'send' }).exchange(50);
    const late = there.filter((number, i) => there.slice(0, i).some((earlier) => earlier > number));
    expect(late.length).toBeGreaterThan(0);
    expect(there.slice(0, 50 - late.length)).toEqual(inOrder(50).filter((number) => !late.includes(number)));
  });

  test('closing loses what is under way and leaves no alarm; twice is once', async () => {
    const { port, other, clock } = setUp({ delayMs: 5 });
    let heard = false;
    for (const end of [port, other]) {
      end.onPacket(() => {
        heard = true;
      });
    }
    port.send(Uint8Array.of(1));
    other.send(Uint8Array.of(2));
    await nextTurn();
    expect(clock.alarms).toBe(2);
    port.close();
    port.close();
    expect(clock.alarms).toBe(0);
    await nextTurn();
    expect(heard).toBe(false);
  });

  test('a handshake comes through delay, duplication and the loss of the first SYN', async () => {
    const [inner, other] = memoryPorts();
    const clock = new FakeClock();
    // Of the first two packets that seed 7 decides on, the first is lost.
    const port = withFaults(inner, { seed: 7, loss: 0.5, duplication: 1, delayMs: 20, direction: 'send' }, clock);
    const connection = connect({ port, clock, flow: FLOW });
    const peer = new ScriptedPeer(other);
    const advance = async () => {
      await nextTurn();
      clock.advance();
      await nextTurn();
    };
    await advance(); // the retransmission
    await advance(); // its way
    expect(clock.now()).toBe(1020);
    const [syn, again] = [await peer.next(), await peer.next()];
    expect(again).toEqual(syn);
    peer.send({ flags: 'S.', seq: 5000, ack: syn.seq + 1, window: 65535 });
    await expect(handshake(connection)).resolves.toEqual({ outcome: 'established' });
    connection.abandon();
  });
});
