/** A recorded run cut into steps, a packet each: what followed it, and what the tables of both hosts said before the next. */
import { colours } from './colours.js';
import type { Lookup } from '../evidence/lookup.js';
import type { HandshakeRun } from '../evidence/run.js';
import { ladder, lookupRung, type Rung } from './ladder.js';
import { conclusionLines, drawLadder, GAP, MS_WIDTH, type View } from './ladder-text.js';
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
  const start = run.packets[0]?.at ?? 0;
  const parts = cut(ladder(run));
  const draw = (rungs: readonly Rung[]): string[] => drawLadder(rungs, run, width, view);
  const drawn = parts.map((part, i) => {
    const from = i === 0 ? -Infinity : msOf(part[0]);
    const tables = lastAsked(run.lookups, start + from, start + msOf(parts[i + 1]?.[0]));
    const lines = draw([...part, ...tables.map((lookup) => lookupRung(lookup, start, run.lookups))]);
    const silent =
      i > 0 && tables.length === 0 ? [colours.dim(' '.repeat(MS_WIDTH + GAP) + say(TOO_FAST, view.language))] : [];
    return [...(i === 0 ? lines : lines.slice(HEAD_LINES)), ...silent];
  });
  const [before = [], ...steps] = drawn;
  return {
    opening: [colours.bold(heading), ...before],
    steps,
    closing: ['', ...conclusionLines(run, width, view.language), ''],
  };
}

/** Of the packet that a part begins with; there is no end to the last part. */
const msOf = (rung: Rung | undefined): number => (rung?.type === 'packet' ? rung.ms : Infinity);

/** What comes before the first packet, then each packet with what follows it. The tables are put in anew. */
function cut(rungs: readonly Rung[]): Rung[][] {
  const parts: Rung[][] = [[]];
  for (const rung of rungs) {
    if (rung.type === 'packet') parts.push([rung]);
    else if (rung.type !== 'lookup') parts.at(-1)?.push(rung);
  }
  return parts;
}

/** Of each host the last answer between two moments. */
const lastAsked = (lookups: readonly Lookup[], fromMs: number, toMs: number): Lookup[] =>
  (['client', 'server'] as const).flatMap(
    (host) => lookups.findLast(({ host: own, atMs }) => own === host && atMs >= fromMs && atMs < toMs) ?? [],
  );
