/** An experiment's ladder drawn with characters. */
import stringWidth from 'fast-string-width';
import { otherHost } from '../evidence/host.js';
import { colours } from './colours.js';
import { padStartTo, shortened, wrapText } from './columns.js';
import {
  experimentLadder,
  type ExperimentLadderSource,
  type ExperimentRung,
  type PacketRung,
} from './experiment-ladder.js';
import { BAD_CHECKSUM, eventWords, ownerWords, TO_ITSELF } from './experiment-words.js';
import { arrow, GAP, LEAST_LANE, MS_WIDTH, row, type View, widthWithLane } from './ladder-text.js';
import { HEADINGS, HOSTS, kernelOf, say } from './words.js';

const MOST_LANE = 48;
/** Two dashes, the point, and a space before the name. */
const LEAST_ARROW = 4;
/** How many functions of a call stack are shown: from the one that acts to where the packet came in. */
const MOST_CALLS = 6;

/** The rungs under a line that names the hosts, none wider than `width`, which is at least that of the least lane. */
export function experimentLadderLines(run: ExperimentLadderSource, width: number, view: View): string[] {
  const { language, unicode } = view;
  const lane = Math.max(LEAST_LANE, Math.min(MOST_LANE, width - widthWithLane(0)));
  const [client, server] = [say(HOSTS.client, language), say(HOSTS.server, language)];
  const hosts = client + ' '.repeat(Math.max(1, lane - stringWidth(client) - stringWidth(server))) + server;
  return [
    colours.dim((unicode ? '─' : '-').repeat(widthWithLane(lane))),
    colours.dim(row(say(HEADINGS.ms, language), hosts, say(HEADINGS.sentBy, language), lane)),
    ...experimentLadder(run).flatMap((rung) => rungLines(rung, lane, view)),
  ];
}

function rungLines(rung: ExperimentRung, lane: number, view: View): string[] {
  const { language, unicode } = view;
  switch (rung.type) {
    case 'scene':
      return sceneLines(say(rung.title, language), widthWithLane(lane), unicode).map(colours.bold);
    case 'packet': {
      const sender = rung.sender === 'rawshake' ? 'rawshake' : say(kernelOf(rung.from), language);
      const line = row(rung.ms.toFixed(3), packetArrow(rung, lane, view), sender, lane);
      if (rung.reset) return [colours.red(line)];
      return [rung.sender === 'rawshake' ? colours.cyan(line) : line];
    }
    case 'lookup':
      return noteLines(rung.ms, say(ownerWords(rung.lookup, rung.tellRemotePort), language), lane).map(colours.dim);
    case 'event': {
      const { event, port } = rung;
      const words = noteLines(rung.ms, ascii(say(eventWords(event, port), language), unicode), lane);
      return [...words, ...stackLines(event.stack ?? [], lane, unicode)].map(colours.yellow);
    }
  }
}

const ascii = (text: string, unicode: boolean): string =>
  unicode ? text : text.replaceAll('→', '->').replaceAll('←', '<-').replaceAll('…', '...');

/** `── a SYN to nobody ──────`. */
function sceneLines(title: string, width: number, unicode: boolean): string[] {
  const dash = unicode ? '─' : '-';
  const [first = '', ...more] = wrapText(title, width - 4, '   ');
  const rest = more.length > 0 ? '' : ` ${dash.repeat(Math.max(0, width - stringWidth(first) - 4))}`;
  return [`${dash.repeat(2)} ${first}${rest}`, ...more];
}

/** What is said between the packets, from the lane on. */
function noteLines(ms: number, words: string, lane: number): string[] {
  const indent = ' '.repeat(MS_WIDTH + GAP);
  const [first = '', ...more] = wrapText(words, widthWithLane(lane) - indent.length, '  ');
  const time = padStartTo(ms < 0 ? '' : ms.toFixed(3), MS_WIDTH);
  return [`${time}${' '.repeat(GAP)}${first}`, ...more.map((line) => indent + line)];
}

/** How the kernel came there, the one that acts first. */
function stackLines(stack: readonly string[], lane: number, unicode: boolean): string[] {
  if (stack.length === 0) return [];
  const calls = stack.length > MOST_CALLS ? [...stack.slice(0, MOST_CALLS), '…'] : stack;
  const indent = ' '.repeat(MS_WIDTH + GAP + 2);
  const lines = wrapText(ascii(calls.join(' ← '), unicode), widthWithLane(lane) - indent.length, '');
  return lines.map((line) => indent + line);
}

/** `:41000 SYN ──────▶ :8888`; client's ports on the left, whoever sends. */
function packetArrow(rung: PacketRung, lane: number, view: View): string {
  const { from, to, fromPort, toPort } = rung;
  const name = rung.badChecksum ? `${rung.name}, ${say(BAD_CHECKSUM, view.language)}` : rung.name;
  if (from === to) return loop(rung, name, lane, view);
  const [left, right] = from === 'client' ? [fromPort, toPort] : [toPort, fromPort];
  const [before, after] = [
    left === undefined ? '' : `:${String(left)} `,
    right === undefined ? '' : ` :${String(right)}`,
  ];
  const room = lane - before.length - after.length;
  const label = shortened(name, room - LEAST_ARROW, view.unicode ? '…' : '~');
  return before + arrow({ name: label, from, to: otherHost(from) }, room, view.unicode) + after;
}

/** A host that talks to itself: at its own end of the lane. */
function loop({ from, fromPort, toPort }: PacketRung, name: string, lane: number, { language, unicode }: View): string {
  const ports = fromPort === undefined || toPort === undefined ? '' : ` :${String(fromPort)} → :${String(toPort)}`;
  const text = `${unicode ? '↺' : '@'} ${name}${ports} ${say(TO_ITSELF, language)}`;
  const shown = ascii(stringWidth(text) > lane ? `${unicode ? '↺' : '@'} ${name}${ports}` : text, unicode);
  return from === 'client' ? shown : padStartTo(shown, lane);
}
