/** A feed: what waits for its reader is bounded, what is left out is said, and what comes is what the finished time line has. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Feed } from '../../src/evidence/feed.js';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import { LiveTimeline } from '../../src/evidence/live-timeline.js';
import type { Lookup } from '../../src/evidence/lookup.js';
import type { Moment } from '../../src/evidence/moment.js';
import { type Seen, seenCall, seenEvent, seenLookup, seenPacket, seenScene } from '../../src/evidence/moment-maker.js';
import { timeline } from '../../src/evidence/timeline.js';
import { millis } from '../../src/tcp/types.js';
import { observed } from '../support/evidence.js';
import { momentsOf } from '../support/feeds.js';

const scene = (ms: number): Moment => ({ type: 'scene', ms, isTelling: true, title: { en: 'a', zh: '甲' } });
const SYN = observed(0, 'client', 'kernel', 'S');
const packet = (ms: number): Moment => ({
  ...{ type: 'packet', ms, isTelling: true, packet: SYN, to: 'server', numbers: {} },
});

describe('a feed', () => {
  test('gives what waits, then each as it comes, and is over when it has ended', async () => {
    const feed = new Feed();
    feed.push(scene(0));
    feed.push(packet(1));
    const all = momentsOf(feed);
    feed.push(packet(2));
    await Promise.resolve();
    feed.push(packet(3));
    feed.end();
    feed.end();
    feed.push(packet(4));
    expect((await all).map(({ ms }) => ms)).toEqual([0, 1, 2, 3]);
  });

  test('ended while its reader waits: the loop is over', async () => {
    const feed = new Feed();
    const all = momentsOf(feed);
    feed.end();
    expect(await all).toEqual([]);
    expect(feed.isOpen).toBe(false);
  });

  test('more than it holds: of the oldest it is said how many they were, in their place', async () => {
    const feed = new Feed(2);
    for (const moment of [packet(0), scene(1), packet(2), packet(3), packet(4)]) feed.push(moment);
    feed.end();
    const [gap, ...rest] = await momentsOf(feed);
    expect(gap).toEqual({ type: 'left-out', ms: 0, isTelling: true, packets: 2, others: 1 });
    expect(rest.map(({ ms }) => ms)).toEqual([3, 4]);
  });

  test('what its source has left out already counts as what it was', async () => {
    const feed = new Feed(1);
    feed.push({ type: 'left-out', ms: 0, isTelling: true, packets: 7 });
    feed.push(packet(1));
    feed.push(packet(2));
    feed.end();
    expect((await momentsOf(feed))[0]).toMatchObject({ packets: 8, others: 0 });
  });

  test('a gap is told once', async () => {
    const feed = new Feed(1);
    feed.push(packet(0));
    feed.push(packet(1));
    const reader = feed[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ type: 'left-out', packets: 1 });
    expect((await reader.next()).value).toMatchObject({ ms: 1 });
    feed.push(packet(2));
    expect((await reader.next()).value).toMatchObject({ ms: 2 });
  });

  test('a reader that asks ahead is given each in its order', async () => {
    const feed = new Feed();
    const reader = feed[Symbol.asyncIterator]();
    const both = Promise.all([reader.next(), reader.next(), reader.next()]);
    feed.push(packet(0));
    feed.push(packet(1));
    feed.end();
    expect((await both).map(({ value }) => value?.ms)).toEqual([0, 1, undefined]);
  });

  test('who leaves the loop ends it, and nothing of it is kept', async () => {
    const feed = new Feed();
    feed.push(packet(0));
    feed.push(packet(1));
    for await (const moment of feed) {
      expect(moment.ms).toBe(0);
      break;
    }
    feed.push(packet(2));
    expect(feed.isOpen).toBe(false);
  });

  test('has one reader', () => {
    const feed = new Feed();
    feed[Symbol.asyncIterator]();
    expect(() => feed[Symbol.asyncIterator]()).toThrow('one reader');
  });

  test('a million moments that nobody reads: so many wait, and all are accounted for', async () => {
    const feed = new Feed();
    for (let i = 0; i < 1_000_000; i++) feed.push(packet(i));
    feed.end();
    const [gap, ...rest] = await momentsOf(feed);
    expect(rest).toHaveLength(5000);
    expect(gap).toMatchObject({ packets: 995_000 });
    expect(rest[0]).toMatchObject({ ms: 995_000 });
  });
});

const hosts = fc.constantFrom('client' as const, 'server' as const);
const times = fc.double({ min: 0, max: 1000, noNaN: true });
const ports = fc.integer({ min: 41000, max: 41002 });
const flow = (srcPort: number, dstPort = 8888) => ({ src: '192.0.2.1', srcPort, dst: '192.0.2.2', dstPort });

const packets = fc
  .tuple(times, hosts, fc.constantFrom('S', 'S.', '.', 'P.', 'F.', 'R'), ports)
  .map(([ms, from, flags, port]) => {
    const one = observed(0, from, 'kernel', flags);
    const ends = from === 'client' ? { srcPort: port } : { dstPort: port };
    return { ...one, at: millis(ms), segment: { ...one.segment, ...ends } };
  });

const lookups = fc
  .tuple(times, hosts, ports, ports)
  .map(([atMs, host, src, dst]): Lookup => ({ ...flow(src, dst), atMs, host, owner: 'none' }));

const skbs = fc.constantFrom('0x1', '0x2', '0x3');
const events = fc
  .tuple(times, hosts, ports, fc.constantFrom('tcp_send_reset' as const, 'kfree_skb' as const), skbs)
  .map(([atMs, host, port, event, skb]): KernelEvent => ({ ...flow(port), atMs, host, event, skb }));

const scenes = times.map((atMs) => ({ atMs, title: { en: 'a', zh: '甲' } }));

const recorded = fc.record({
  packets: fc.array(packets, { maxLength: 20 }).map((all) => all.sort((a, b) => a.at - b.at)),
  lookups: fc.array(lookups, { maxLength: 6 }),
  kernel: fc.array(events, { maxLength: 12 }).map((all) => all.sort((a, b) => a.atMs - b.atMs)),
  scenes: fc.array(scenes, { maxLength: 3 }),
});

/** Without what tells apart, where there is more than one: under way, that is known only from then on. */
function withoutPorts(moment: Moment): object {
  if (moment.type === 'lookup') return { ...moment, tellRemotePort: undefined };
  return { ...moment, fromPort: undefined, toPort: undefined, port: undefined };
}

test('the moments of a run under way are those of the finished one, however often one looks', () => {
  fc.assert(
    fc.property(recorded, fc.array(times, { maxLength: 10 }), (run, looks) => {
      const seen: readonly Seen[] = [
        ...run.scenes.map(seenScene),
        ...run.lookups.map(seenLookup),
        ...run.packets.map(seenPacket),
        ...run.kernel.map(seenEvent),
      ];
      const live = new LiveTimeline();
      let told = -Infinity;
      const moments = looks
        .sort((a, b) => a - b)
        .flatMap((look) => {
          for (const one of seen) if (one.atMs > told && one.atMs <= look) live.add(one);
          told = look;
          return live.until(look);
        });
      for (const one of seen) if (one.atMs > told) live.add(one);
      expect([...moments, ...live.end()].map(withoutPorts)).toEqual(timeline(run).map(withoutPorts));
    }),
  );
});

test('what is one of two is told apart from the second on', () => {
  const [one, other] = [observed(0, 'client', 'kernel', 'S'), observed(5, 'client', 'kernel', 'S')];
  const live = new LiveTimeline();
  live.add(seenPacket(one));
  live.add(seenPacket({ ...other, segment: { ...other.segment, srcPort: 41001 } }));
  expect(live.end().map((moment) => (moment.type === 'packet' ? moment.fromPort : 0))).toEqual([undefined, 41001]);
});

test('nothing passes before the first packet, from which the moments count; a call comes when it is told of', () => {
  const live = new LiveTimeline();
  live.add(seenLookup({ ...flow(41000), atMs: 10, host: 'client', owner: 'none' }));
  expect(live.until(15)).toEqual([]);
  live.add(seenPacket({ ...observed(0, 'client', 'kernel', 'S'), at: millis(20) }));
  live.add(seenPacket({ ...observed(0, 'server', 'kernel', 'R'), at: millis(30) }));
  expect(live.until(25).map(({ ms }) => ms)).toEqual([-10, 0]);
  live.add(seenCall({ atMs: 12, pid: 1, program: 'nc', name: 'bind', args: {}, result: 0 }));
  expect(live.end().map(({ type, ms }) => [type, ms])).toEqual([
    ['call', -8],
    ['packet', 10],
  ]);
});

test('where no packet ever comes, so many are kept and then told, from the first on', () => {
  const live = new LiveTimeline(3);
  for (let ms = 0; ms < 3; ms++) live.add(seenScene({ atMs: 100 + ms, title: { en: 'a', zh: '甲' } }));
  expect(live.until(200)).toEqual([]);
  live.add(seenScene({ atMs: 103, title: { en: 'a', zh: '甲' } }));
  expect(live.until(200).map(({ ms }) => ms)).toEqual([0, 1, 2, 3]);
});

test('a segment’s second word is told of where its RST was another’s', () => {
  const at = (atMs: number, event: KernelEvent['event']): KernelEvent => ({ atMs, host: 'client', event, skb: '0x1' });
  const kernel = [at(1, 'tcp_send_reset'), at(2, 'kfree_skb'), at(3, 'kfree_skb')];
  expect(timeline({ packets: [], lookups: [], kernel }).map(({ isTelling }) => isTelling)).toEqual([true, false, true]);
});
