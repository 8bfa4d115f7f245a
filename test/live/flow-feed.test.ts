/** What a connection's feed is given of more packets than can be told, and of those that nobody has seen. */
import { expect, test } from 'vitest';
import { Listeners } from '../../src/driver/listeners.js';
import { Feed } from '../../src/evidence/feed.js';
import { KeptPackets } from '../../src/evidence/kept-packets.js';
import type { Moment } from '../../src/evidence/moment.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import type { FlowCapture } from '../../src/live/flow-capture.js';
import { FlowFeed } from '../../src/live/flow-feed.js';
import { millis } from '../../src/tcp/types.js';
import { observed } from '../support/evidence.js';
import { momentsOf } from '../support/feeds.js';

/** A capture of which `catchUp` tells all of these at once, some of them unseen. */
function captureOf(packets: readonly ObservedPacket[], lost = 0): FlowCapture {
  const listeners = new Listeners<ObservedPacket>();
  return {
    catchUp() {
      for (const packet of packets) listeners.emit(packet);
    },
    onPacket: (listener) => listeners.add(listener),
    lost: () => lost,
    hear: () => undefined,
    translated: () => undefined,
    record: () => new KeptPackets().record(),
    close: () => undefined,
  };
}

async function toldAtOnce(packets: readonly ObservedPacket[], { lost = 0, isAdopted = false } = {}) {
  const feed = new Feed(1_000_000);
  const told = new FlowFeed(feed, captureOf(packets, lost));
  if (isAdopted) told.expectAdoption();
  told.end(undefined);
  return momentsOf(feed);
}

const SYN = observed(1000, 'client', 'rawshake', 'S');
const ACK = observed(0, 'server', 'kernel', '.', { ack: 1 });
const many = (count: number, packet = ACK): readonly ObservedPacket[] =>
  Array.from({ length: count }, (_, i) => ({ ...packet, at: millis(1001 + i) }));

const counted = (moments: readonly Moment[]): number =>
  moments.reduce((sum, moment) => sum + (moment.type === 'left-out' ? moment.packets : 1), 0);

const areInOrder = (moments: readonly Moment[]): boolean =>
  moments.every(({ ms }, i) => Number.isFinite(ms) && ms >= (moments[i - 1]?.ms ?? -Infinity));

test('of more than can be told at once the last are, and all are counted, in the order of time', async () => {
  const moments = await toldAtOnce([SYN, ...many(50_000)]);
  expect(moments.length).toBeLessThanOrEqual(5001);
  expect(counted(moments)).toBe(50_001);
  expect(areInOrder(moments)).toBe(true);
  expect(moments.at(-1)).toMatchObject({ type: 'packet', ms: 50_000 });
});

test('what is not told is looked at all the same: when the kernel began to own the connection', async () => {
  const [first, ...rest] = many(20_000);
  const own = { ...observed(1001, 'client', 'kernel', '.', { seq: 1, ack: 1 }) };
  const moments = await toldAtOnce([SYN, ...(first ? [first] : []), own, ...rest], { isAdopted: true });
  expect(moments.filter(({ type }) => type === 'adopted')).toEqual([expect.objectContaining({ ms: 1 })]);
  expect(areInOrder(moments)).toBe(true);
});

test('packets that nobody has seen stand behind the last that was told, at its time', async () => {
  const moments = await toldAtOnce([SYN, ...many(3)], { lost: 7 });
  expect(moments.at(-1)).toEqual({ type: 'left-out', ms: 3, isTelling: true, packets: 7 });
  expect(areInOrder(moments)).toBe(true);
  expect(await toldAtOnce([], { lost: 7 })).toMatchObject([{ type: 'left-out', ms: 0, packets: 7 }]);
});
