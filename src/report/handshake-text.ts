/** One run of `compare` in the terminal: its ladder, and how it ended. */
import type { Language } from '../error.js';
import { asExpected, type HandshakeRun } from '../evidence/run.js';
import { colours } from './colours.js';
import { wrapText } from './wrap.js';
import { handshakeTimeline } from '../evidence/handshake-timeline.js';
import { ladderLines, ladderWidth } from './ladder-text.js';
import type { View } from './view.js';
import { AS_EXPECTED, bracketed, notAsExpected, ownReset, peerSaw, ruleHits, say, verdict } from './words.js';

/** The lines, none wider than `width`, which is at least `leastWidth`. */
export function handshakeLines(run: HandshakeRun, heading: string, width: number, view: View): string[] {
  return [
    colours.bold(heading),
    ...ladderLines({ hosts: run.hosts, moments: handshakeTimeline(run) }, width, view),
    '',
    ...conclusionLines(run, ladderWidth(run.hosts, width, view), view.language),
  ];
}

/** How a run ended, under its ladder. */
export const conclusionLines = (run: HandshakeRun, width: number, language: Language): string[] =>
  conclusion(run, language).flatMap((line) => wrapText(line, width, '  '));

/** The verdict, and what the other side and the rule have to say to it. */
function conclusion(run: HandshakeRun, language: Language): string[] {
  const paint = run.observed === 'established' ? colours.green : colours.red;
  const words = paint(colours.bold(say(verdict(run), language)));
  const more = [ruleHits(run), ownReset(run)].filter((text) => text !== undefined);
  return [
    ...(asExpected(run)
      ? [words + bracketed(say(AS_EXPECTED, language), language)]
      : [words, colours.red(say(notAsExpected(run), language))]),
    ...[...peerSaw(run), ...more].map((text) => say(text, language)),
  ];
}
