/** All that was seen, in the order of time: packets, look-ups, the kernels' events, system calls, the beginnings of scenes. */
import type { Evidence, Scene } from '../evidence/experiment.js';
import type { KernelEvent, SystemCall } from '../evidence/kernel-event.js';
import type { Lookup, Owner } from '../evidence/lookup.js';
import type { ObservedPacket } from '../evidence/packet.js';
import { endpoint } from '../wire/flow.js';
import type { SegmentFormat } from '../wire/index.js';
import { RelativeNumbers } from './dissection/relative-numbers.js';

export type Moment = { readonly atMs: number } & (
  | { readonly type: 'scene'; readonly scene: Scene }
  | { readonly type: 'packet'; readonly packet: ObservedPacket; readonly numbers: SegmentFormat }
  | { readonly type: 'lookup'; readonly lookup: Lookup }
  | { readonly type: 'event'; readonly event: KernelEvent }
  | { readonly type: 'call'; readonly call: SystemCall }
);

type Seen = Pick<Evidence, 'packets' | 'lookups'> & Partial<Pick<Evidence, 'kernel' | 'systemCalls' | 'scenes'>>;

/** The moments of a run. Of look-ups those that say the same again are left out. */
export function timeline({ packets, lookups, kernel = [], systemCalls = [], scenes = [] }: Seen): readonly Moment[] {
  const relative = new RelativeNumbers();
  const moments: Moment[] = [
    ...scenes.map((scene) => ({ type: 'scene', atMs: scene.atMs, scene }) as const),
    ...packets.map((packet) => {
      const { ip } = packet.packet;
      const { srcPort, dstPort } = packet.segment;
      const flow = { src: ip.src, srcPort, dst: ip.dst, dstPort };
      return { type: 'packet', atMs: packet.at, packet, numbers: relative.of(packet.segment, flow, 0) } as const;
    }),
    ...tellingLookups(lookups).map((lookup) => ({ type: 'lookup', atMs: lookup.atMs, lookup }) as const),
    ...kernel.map((event) => ({ type: 'event', atMs: event.atMs, event }) as const),
    ...systemCalls.map((call) => ({ type: 'call', atMs: call.atMs, call }) as const),
  ];
  return moments.sort((a, b) => a.atMs - b.atMs);
}

function tellingLookups(lookups: readonly Lookup[]): readonly Lookup[] {
  const last = new Map<string, Owner>();
  return lookups.filter((lookup) => {
    const { host, src, srcPort, dst, dstPort, owner } = lookup;
    const question = [host, endpoint(src, srcPort), endpoint(dst, dstPort)].join(' ');
    const telling = last.get(question) !== owner;
    last.set(question, owner);
    return telling;
  });
}
