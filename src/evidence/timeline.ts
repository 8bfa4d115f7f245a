/** All that was seen of a run, in the order of time: what each report is drawn from. */
import type { Evidence } from './evidence.js';
import type { Moment, MomentOf } from './moment.js';
import {
  byTime,
  MomentMaker,
  type Seen,
  seenCall,
  seenEvent,
  seenLookup,
  seenPacket,
  seenScene,
} from './moment-maker.js';
import type { ObservedPacket } from './packet.js';

export type Recorded = Pick<Evidence, 'packets' | 'lookups'> &
  Partial<Pick<Evidence, 'kernel' | 'systemCalls' | 'scenes'>>;

/** The moments of an experiment. */
export const timeline = (recorded: Recorded): readonly Moment[] =>
  momentsOf([...seenIn(recorded)].sort(byTime), startOf(recorded));

function seenIn({ packets, lookups, kernel = [], systemCalls = [], scenes = [] }: Recorded): readonly Seen[] {
  return [
    ...scenes.map(seenScene),
    ...lookups.map(seenLookup),
    ...packets.map(seenPacket),
    ...kernel.map(seenEvent),
    ...systemCalls.map(seenCall),
  ];
}

/** What is to be told apart is so from the beginning. */
function momentsOf(seen: readonly Seen[], start: number): readonly Moment[] {
  const maker = new MomentMaker(start);
  for (const one of seen) maker.expect(one);
  return seen.map((one) => maker.make(one));
}

/** The first packet is at 0; where there is none, whatever came first. */
export function startOf({ packets, lookups, kernel = [], scenes = [] }: Recorded): number {
  const [first] = packets;
  if (first !== undefined) return first.at;
  const moments = [...lookups, ...kernel, ...scenes].map(({ atMs }) => atMs);
  return moments.length === 0 ? 0 : earliest(moments);
}

/** Of any number of times, which the arguments of a function are not; infinity of none. */
export const earliest = (times: readonly number[]): number =>
  times.reduce((first, time) => Math.min(first, time), Infinity);

export function packetMoments(packets: readonly ObservedPacket[], start: number): MomentOf<'packet'>[] {
  const maker = new MomentMaker(start);
  for (const packet of packets) maker.expect(seenPacket(packet));
  return packets.map((packet) => maker.packet(packet));
}
