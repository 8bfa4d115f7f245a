import { expect, test } from 'vitest';
import { Inbound } from '../../src/driver/inbound.js';
import { randomStream } from '../../src/driver/random.js';

test('whatever the order of what comes, is asked, held and released: all of it in order, only when asked, then the end', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomStream(seed);
    const [sent, got]: [number[], (number | null)[]] = [[], []];
    let [asked, held] = [false, false];
    const inbound = new Inbound((bytes) => {
      if (bytes !== null) expect({ asked, held }, `seed ${seed}`).toEqual({ asked: true, held: false });
      for (const byte of bytes ?? [null]) got.push(byte);
      asked = false;
    });
    const deeds = [
      () => {
        const length = 1 + Math.floor(random() * 2 ** (random() * 12));
        const bytes = Uint8Array.from({ length }, (_, at) => (sent.length + at) % 251);
        for (const byte of bytes) sent.push(byte);
        inbound.add(bytes);
      },
      () => {
        asked = true;
        inbound.want();
      },
      () => {
        held = true;
        inbound.hold();
      },
      () => {
        held = false;
        inbound.release();
      },
    ];
    for (let i = 0; i < 60; i++) deeds[Math.floor(random() * deeds.length)]?.();
    held = false;
    inbound.release();
    inbound.end();
    for (let i = 0; i < 60 && got.at(-1) !== null; i++) {
      asked = true;
      inbound.want();
    }
    expect(Buffer.from(got.slice(0, -1) as number[]).equals(Buffer.from(sent)), `seed ${seed}`).toBe(true);
    expect(got.at(-1)).toBe(null);
  }
});

test('in parts: the reader gets no more at a time, and can hold the rest back', () => {
  const given: number[] = [];
  const inbound: Inbound = new Inbound((bytes) => {
    given.push(bytes?.length ?? -1);
    if (given.length === 2) inbound.hold();
    if (bytes !== null) inbound.want();
  });
  inbound.limit(2048);
  inbound.want();
  inbound.add(new Uint8Array(5000));
  expect(given).toEqual([2048, 2048]);
  expect(inbound.length).toBe(904);
  inbound.end();
  inbound.release();
  expect(given).toEqual([2048, 2048, 904, -1]);
});
