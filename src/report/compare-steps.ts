/** A recorded run cut into steps, a packet each: what followed it, and what the tables of the hosts said before the next. */
import type { Host } from '../evidence/host.js';
import type { HandshakeRun } from '../evidence/run.js';
import { colours } from './colours.js';
import { conclusionLines } from './handshake-text.js';
import { handshakeTimeline, lookupMoment } from '../evidence/handshake-timeline.js';
import { INDENT, ladderLines, ladderWidth } from './ladder-text.js';
import type { View } from './view.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { say, TOO_FAST } from './words.js';

export interface RunInSteps {
  /** The heading, and how the tables stood before the first packet. */
  readonly opening: readonly string[];
  readonly steps: readonly (readonly string[])[];
  /** The verdict. */
  readonly closing: readonly string[];
}

/** The lines that head a ladder: the rule, and the names of the hosts. */
const HEAD_LINES = 2;

export function runInSteps(run: HandshakeRun, heading: string, width: number, view: View): RunInSteps {
  const moments = handshakeTimeline(run);
  const lookups = run.lookups.map((lookup) => lookupMoment(lookup, run));
  const parts = cut(moments);
  const drawn = parts.map((part, i) => {
    const tables = lastAsked(lookups, run.hosts, i === 0 ? -Infinity : msOf(part[0]), msOf(parts[i + 1]?.[0]));
    const lines = ladderLines({ hosts: run.hosts, moments: [...part, ...tables] }, width, view);
    const silent = i > 0 && tables.length === 0 ? [colours.dim(INDENT + say(TOO_FAST, view.language))] : [];
    return [...(i === 0 ? lines : lines.slice(HEAD_LINES)), ...silent];
  });
  const [before = [], ...steps] = drawn;
  return {
    opening: [colours.bold(heading), ...before],
    steps,
    closing: ['', ...conclusionLines(run, ladderWidth(run.hosts, width, view), view.language), ''],
  };
}

/** Of the packet that a part begins with; there is no end to the last part. */
const msOf = (moment: Moment | undefined): number => (moment?.type === 'packet' ? moment.ms : Infinity);

/** What comes before the first packet, then each packet with what follows it. The tables are put in anew. */
function cut(moments: readonly Moment[]): Moment[][] {
  const parts: Moment[][] = [[]];
  for (const moment of moments) {
    if (moment.type === 'packet') parts.push([moment]);
    else if (moment.type !== 'lookup') parts.at(-1)?.push(moment);
  }
  return parts;
}

/** Of each host the last answer between two moments. */
const lastAsked = (
  lookups: readonly MomentOf<'lookup'>[],
  hosts: readonly Host[],
  fromMs: number,
  toMs: number,
): MomentOf<'lookup'>[] =>
  hosts.flatMap(
    ({ name }) => lookups.findLast(({ lookup, ms }) => lookup.host === name && ms >= fromMs && ms < toMs) ?? [],
  );
