/** A ladder drawn with characters. */
import { colours } from './colours.js';
import stringWidth from 'fast-string-width';
import type { Language, Text } from '../error.js';
import type { HostName } from '../evidence/host.js';
import { asExpected, type HandshakeRun } from '../evidence/run.js';
import { endpoint, reverseFlow } from '../wire/flow.js';
import { hangingText, padStartTo, padTo, wrapText } from './columns.js';
import { ladder, type Rung } from './ladder.js';
import {
  adoptedWords,
  DROPPED,
  AS_EXPECTED,
  notAsExpected,
  HEADINGS,
  HOSTS,
  ignoredWords,
  kernelOf,
  kernelWords,
  lookupWords,
  ownReset,
  ruleHits,
  say,
  peerSaw,
  verdict,
} from './words.js';

/** How to draw. */
export interface View {
  readonly language: Language;
  /** Width of the terminal, in characters. */
  readonly columns: number;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/** Whose ladder it is, and how those are called that send without rawshake. */
interface Told extends Pick<HandshakeRun, 'flow' | 'role'> {
  readonly senderOf?: (host: HostName) => Text;
}

type Arrow = Pick<Extract<Rung, { readonly type: 'packet' }>, 'name' | 'from' | 'to'>;

export const MS_WIDTH = 7;
const SENT_BY_WIDTH = 15;
export const GAP = 2;
const MOST_LANE = 34;
/** Below this, what the rule dropped and what the socket tables said would not fit. */
export const LEAST_LANE = 28;

export const widthWithLane = (lane: number): number => MS_WIDTH + GAP + lane + GAP + SENT_BY_WIDTH;
export const LEAST_WIDTH = widthWithLane(LEAST_LANE);

/** The lines of one run, none wider than `width`, which is at least `LEAST_WIDTH`. */
export function ladderLines(run: HandshakeRun, heading: string, width: number, view: View): string[] {
  return [
    colours.bold(heading),
    ...drawLadder(ladder(run), run, width, view),
    '',
    ...conclusionLines(run, width, view.language),
  ];
}

/** How a run ended, under its ladder. */
export const conclusionLines = (run: HandshakeRun, width: number, language: Language): string[] =>
  conclusion(run, language).flatMap((line) => wrapText(line, totalWidth(width), '  '));

const laneWidth = (width: number): number => Math.max(LEAST_LANE, Math.min(MOST_LANE, width - widthWithLane(0)));
const totalWidth = (width: number): number => widthWithLane(laneWidth(width));

/** The rungs under a line that names the hosts. `flow` is seen from the host that is made by hand, `role`. */
export function drawLadder(rungs: readonly Rung[], told: Told, width: number, view: View): string[] {
  const { language, unicode } = view;
  const lane = laneWidth(width);
  const [client, server] = [HOSTS.client, HOSTS.server].map((host) => say(host, language)) as [string, string];
  const hosts = client + ' '.repeat(Math.max(1, lane - stringWidth(client) - stringWidth(server))) + server;
  return [
    colours.dim((unicode ? '─' : '-').repeat(totalWidth(width))),
    colours.dim(row(say(HEADINGS.ms, language), hosts, say(HEADINGS.sentBy, language), lane)),
    ...rungs.flatMap((rung) => [
      rungLine(rung, told, lane, view),
      ...(rung.type === 'packet' && rung.ignored !== undefined ? ignoredLines(rung.ignored, width, view) : []),
    ]),
  ];
}

/** The verdict, and what the server and the rule have to say to it. */
function conclusion(run: HandshakeRun, language: Language): string[] {
  const paint = run.observed === 'established' ? colours.green : colours.red;
  const words = paint(colours.bold(say(verdict(run), language)));
  const more = [ruleHits(run), ownReset(run)].filter((text) => text !== undefined);
  return [
    ...(asExpected(run)
      ? [`${words} (${say(AS_EXPECTED, language)})`]
      : [words, colours.red(say(notAsExpected(run), language))]),
    ...peerSaw(run).map((text) => say(text, language)),
    ...more.map((text) => say(text, language)),
  ];
}

export const row = (ms: string, lane: string, sentBy: string, laneWidth: number): string =>
  `${padStartTo(ms, MS_WIDTH)}${' '.repeat(GAP)}${padTo(lane, laneWidth)}${' '.repeat(GAP)}${sentBy}`.trimEnd();

function rungLine(
  rung: Rung,
  { flow: handMade, role, senderOf = kernelOf }: Told,
  lane: number,
  { language, unicode }: View,
): string {
  switch (rung.type) {
    case 'packet': {
      const sender = rung.sender === 'rawshake' ? 'rawshake' : say(senderOf(rung.from), language);
      const line = row(rung.ms.toFixed(3), arrow(rung, lane, unicode), sender, lane);
      if (rung.reset) return colours.red(line);
      return rung.sender === 'rawshake' ? colours.cyan(line) : line;
    }
    case 'dropped': {
      const stopped = `RST ${unicode ? '──✗' : '--x'} ${say(DROPPED, language)}`;
      const shown = rung.from === 'client' ? stopped : padStartTo(stopped, lane);
      return colours.yellow(row(rung.ms?.toFixed(3) ?? '', shown, say(senderOf(rung.from), language), lane));
    }
    case 'kernel': {
      const room = widthWithLane(lane) - MS_WIDTH - GAP;
      const versions = kernelWords(rung).map((text) => say(text, language));
      const words = versions.find((version) => stringWidth(version) <= room) ?? versions.at(-1) ?? '';
      return `${padStartTo(rung.ms.toFixed(3), MS_WIDTH)}${' '.repeat(GAP)}${words}`;
    }
    case 'adopted':
      return colours.green(
        `${padStartTo(rung.ms.toFixed(3), MS_WIDTH)}${' '.repeat(GAP)}${say(adoptedWords(senderOf(rung.host)), language)}`,
      );
    case 'lookup': {
      const flow = rung.host === role ? handMade : reverseFlow(handMade);
      const words = say(lookupWords(rung, flow), language);
      return colours.dim(`${padStartTo(rung.ms < 0 ? '' : rung.ms.toFixed(3), MS_WIDTH)}${' '.repeat(GAP)}${words}`);
    }
  }
}

function ignoredLines(why: string, width: number, { language }: View): string[] {
  const words = say(ignoredWords(why), language);
  return hangingText(' '.repeat(MS_WIDTH + GAP), words, totalWidth(width)).map((line) => colours.yellow(line));
}

/** `SYN ─────▶` from the left, `◀───── SYN/ACK` from the right; `SYN ──↩` where it comes back to its sender. */
export function arrow({ name, from, to }: Arrow, width: number, unicode: boolean): string {
  const [shaft, right, left] = unicode ? ['─', '▶', '◀'] : ['-', '>', '<'];
  const toRight = from === 'client';
  if (from === to) {
    const [turnBack, turnForth] = unicode ? ['──↩', '↪──'] : ['--<', '>--'];
    return toRight ? `${name} ${turnBack}` : padStartTo(`${turnForth} ${name}`, width);
  }
  const length = Math.max(2, width - stringWidth(name) - 2);
  return toRight ? `${name} ${shaft.repeat(length)}${right}` : `${left}${shaft.repeat(length)} ${name}`;
}

/** `192.0.2.1:41000` of both hosts. */
export function endpoints({ flow, role }: HandshakeRun): { client: string; server: string } {
  const { src, srcPort, dst, dstPort } = role === 'client' ? flow : reverseFlow(flow);
  return { client: endpoint(src, srcPort), server: endpoint(dst, dstPort) };
}
