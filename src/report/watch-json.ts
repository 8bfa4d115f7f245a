/** What `rawshake watch --json` prints: a line for each finding, and one in the end. */
import type { Language } from '../error.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import type { WatchFinding, WatchSummary } from '../diagnosis/watched/watch-finding.js';
import { findingsJson } from './finding-json.js';
import { lookupJson, packetsJson } from './json.js';
import { kernelEventJson } from './kernel-json.js';
import { momentsJson } from './moment-json.js';

/** `time` is the wall clock's at its last packet; `at` in it counts from its first. */
export function watchFindingJson(found: WatchFinding, language: Language) {
  const { at, epochMs, isMendable, count, hosts } = found;
  const packets = at.filter(isOf('packet')).map(({ packet }) => packet);
  const startMs = packets[0]?.at ?? 0;
  const [finding] = findingsJson([found], { packets, startMs }, language);
  return {
    ...finding,
    ...{ time: new Date(epochMs).toISOString(), mendable: isMendable, count },
    hosts: hosts.map(({ name, title, role }) => ({ name, title: title[language], role })),
    packets: packetsJson(packets),
    kernel: at.filter(isOf('event')).map(({ event }) => kernelEventJson(event, startMs)),
    lookups: at.filter(isOf('lookup')).map(({ lookup }) => lookupJson(lookup, startMs)),
    moments: momentsJson(at, hosts, 0, language),
  };
}

export const watchSummaryJson = (
  { findings, resets, ordinary, leftOut, missing }: WatchSummary,
  language: Language,
) => ({
  summary: { findings, resets, ordinary, leftOut, missing: missing.map((text) => text[language]) },
});

const isOf =
  <Type extends Moment['type']>(type: Type) =>
  (moment: Moment): moment is MomentOf<Type> =>
    moment.type === type;
