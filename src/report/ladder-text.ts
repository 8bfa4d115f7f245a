/** A run's moments as a ladder drawn with characters: an arrow for each packet, and between them what the kernels say. */
import { textWidth } from './text-width.js';
import type { Text } from '../error.js';
import { HOSTS, type HostName } from '../evidence/host.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import { TcpFlag } from '../wire/index.js';
import { withBulkSummed } from './bulk-summed.js';
import { colours } from './colours.js';
import { filled, padStartTo, padTo, shortened } from './columns.js';
import { hangingText, wrapText } from './wrap.js';
import {
  momentWords,
  numbersText,
  packetName,
  portsText,
  remarkOf,
  type SenderWords,
  TO_ITSELF,
  wordsOf,
} from './moment-words.js';
import { sentences } from './moment-sentences.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import type { View } from './view.js';
import { HEADINGS, kernelOf, say } from './words.js';

export interface LadderOptions {
  /** Default: the host's kernel. */
  readonly senderOf?: SenderWords;
  /** Whether a kernel's event is followed by how the kernel came there. */
  readonly stacks?: boolean;
}

/** How to draw one ladder. */
interface Drawing extends View, Required<LadderOptions> {
  /** Between the two hosts, in characters. */
  readonly lane: number;
}

const MS_WIDTH = 7;
const SENT_BY_WIDTH = 15;
const GAP = 2;
/** What stands before the lane. */
export const INDENT = ' '.repeat(MS_WIDTH + GAP);
/** What 80 columns hold: longer arrows say no more. */
const MOST_LANE = 54;
/** Below this, what the rule dropped and what the socket tables said would not fit. */
const LEAST_LANE = 28;
/** How many functions of a call stack are shown: from the one that acts to where the packet came in. */
const MOST_CALLS = 6;

const widthWithLane = (lane: number): number => MS_WIDTH + GAP + lane + GAP + SENT_BY_WIDTH;
export const LEAST_WIDTH = widthWithLane(LEAST_LANE);

/** How wide a ladder is drawn where so many characters are there. */
export const ladderWidth = (width: number): number =>
  widthWithLane(Math.max(LEAST_LANE, Math.min(MOST_LANE, width - widthWithLane(0))));

/** The telling moments under a line that names the hosts, none wider than `width`, which is at least `LEAST_WIDTH`. */
export function ladderLines(
  moments: readonly Moment[],
  width: number,
  view: View,
  { senderOf = kernelOf, stacks = false }: LadderOptions = {},
): string[] {
  const { language, unicode, plain = false } = view;
  const telling = withBulkSummed(moments.filter(({ isTelling }) => isTelling));
  if (plain) return sentences(telling, view, senderOf);
  const whole = ladderWidth(width);
  const lane = whole - widthWithLane(0);
  const [client, server] = [say(HOSTS.client, language), say(HOSTS.server, language)];
  const hosts = client + ' '.repeat(Math.max(1, lane - textWidth(client) - textWidth(server))) + server;
  const drawing = { ...view, senderOf, stacks, lane };
  return [
    colours.dim(filled(unicode ? '─' : '-', whole)),
    colours.dim(row(say(HEADINGS.ms, language), hosts, say(HEADINGS.sentBy, language), lane)),
    ...stacksOnce(telling).flatMap((moment) => momentLines(moment, drawing)),
  ];
}

/** What a kernel does again in the way in which it did it last, it does without its stack. */
function stacksOnce(moments: readonly Moment[]): readonly Moment[] {
  const told = new Map<string, string>();
  return moments.map((moment) => {
    if (moment.type !== 'event') return moment;
    const { stack = [], ...event } = moment.event;
    const what = `${event.host} ${event.event} ${event.reason ?? ''}`;
    const way = stack.join();
    if (told.get(what) === way) return { ...moment, event };
    told.set(what, way);
    return moment;
  });
}

function momentLines(moment: Moment, drawing: Drawing): string[] {
  const { language, unicode, senderOf, lane } = drawing;
  switch (moment.type) {
    case 'scene':
      return sceneLines(say(moment.title, language), drawing).map(colours.bold);
    case 'packet':
      return packetLines(moment, drawing);
    case 'dropped': {
      const stopped = `RST ${unicode ? `${filled('─', 2)}✗` : '--x'} ${say(wordsOf(moment), language)}`;
      const shown = moment.host === 'client' ? stopped : padStartTo(stopped, lane);
      const time = moment.isTimed ? timeOf(moment) : '';
      return [colours.yellow(row(time, shown, say(senderOf(moment.host), language), lane))];
    }
    case 'adopted':
      return noteLines(moment, drawing).map(colours.green);
    case 'lookup':
      return noteLines(moment, drawing).map(colours.dim);
    case 'event':
      return [...noteLines(moment, drawing), ...stackLines(moment.event, drawing)].map(colours.yellow);
    case 'bulk':
    case 'left-out':
    case 'call':
      return noteLines(moment, drawing);
  }
}

function packetLines(moment: MomentOf<'packet'>, drawing: Drawing): string[] {
  const { language, lane, senderOf } = drawing;
  const { from, sender, segment } = moment.packet;
  const who = sender === 'rawshake' ? 'rawshake' : say(senderOf(from), language);
  const line = row(timeOf(moment), packetArrow(moment, drawing), who, lane);
  const paint = (segment.flags & TcpFlag.RST) !== 0 ? colours.red : sender === 'rawshake' ? colours.cyan : String;
  const remark = remarkOf(moment);
  const below = remark === undefined ? [] : hangingText(INDENT, say(remark, language), widthWithLane(lane));
  return [paint(line), ...below.map(colours.yellow)];
}

/** As many digits as the column holds: `999.999`, `1234.56`. */
const timeOf = ({ ms }: Moment): string =>
  ms < 0 ? '' : ms.toFixed(Math.max(0, Math.min(3, MS_WIDTH - 1 - ms.toFixed(0).length)));

const row = (ms: string, lane: string, sentBy: string, laneWidth: number): string =>
  `${padStartTo(ms, MS_WIDTH)}${' '.repeat(GAP)}${padTo(lane, laneWidth)}${' '.repeat(GAP)}${sentBy}`.trimEnd();

const ascii = (text: string, unicode: boolean): string =>
  unicode ? text : text.replaceAll('→', '->').replaceAll('←', '<-').replaceAll('…', '...');

/** `── a SYN to nobody ──────`. */
function sceneLines(title: string, { lane, unicode }: Drawing): string[] {
  const width = widthWithLane(lane);
  const dash = unicode ? '─' : '-';
  const [first = '', ...more] = wrapText(title, width - 4, '   ');
  const begun = `${filled(dash, 2)} ${first}`;
  return [more.length > 0 ? begun : `${begun} ${filled(dash, width - textWidth(begun) - 1)}`, ...more];
}

/** What is said between the packets, from the lane on: in as many words as a line holds. */
function noteLines(
  moment: Exclude<Moment, { type: 'packet' }>,
  { senderOf, language, unicode, lane }: Drawing,
): string[] {
  const room = widthWithLane(lane) - INDENT.length;
  const versions = momentWords(moment, senderOf).map((text: Text) => ascii(say(text, language), unicode));
  const fitting = versions.find((version) => textWidth(version) <= room);
  const [first = '', ...more] = fitting === undefined ? wrapText(versions.at(-1) ?? '', room, '  ') : [fitting];
  return [`${padStartTo(timeOf(moment), MS_WIDTH)}${' '.repeat(GAP)}${first}`, ...more.map((line) => INDENT + line)];
}

/** How the kernel came there, the one that acts first. */
function stackLines({ stack = [] }: KernelEvent, { stacks, lane, unicode }: Drawing): string[] {
  if (!stacks || stack.length === 0) return [];
  const calls = stack.length > MOST_CALLS ? [...stack.slice(0, MOST_CALLS), '…'] : stack;
  const indent = `${INDENT}  `;
  const lines = wrapText(ascii(calls.join(' ← '), unicode), widthWithLane(lane) - indent.length, '');
  return lines.map((line) => indent + line);
}

/** `:41000 SYN ──────▶ :8888`; the client's ports on the left, whoever sends. */
function packetArrow(moment: MomentOf<'packet'>, drawing: Drawing): string {
  const { lane, unicode } = drawing;
  const { to, fromPort, toPort } = moment;
  const { from } = moment.packet;
  const name = label(moment, drawing);
  if (from === to) return loop(moment, name, drawing);
  const [left, right] = from === 'client' ? [fromPort, toPort] : [toPort, fromPort];
  const [before, after] = [left === undefined ? '' : `:${left} `, right === undefined ? '' : ` :${right}`];
  const room = lane - before.length - after.length;
  const shown = shortened(name, room - leastArrow(unicode), unicode ? '…' : '~');
  return before + arrow(shown, from, room, unicode) + after;
}

/** `SYN/ACK`, with numbers `SYN/ACK 0:0(0) ack 1`. */
const label = (moment: MomentOf<'packet'>, { language, numbers = false }: View): string =>
  say(packetName(moment), language) + (numbers ? ` ${numbersText(moment)}` : '');

const arrowOf = (unicode: boolean): readonly [string, string, string] => (unicode ? ['─', '▶', '◀'] : ['-', '>', '<']);

/** The cells of two dashes, the point, and a space before the name. */
function leastArrow(unicode: boolean): number {
  const [shaft, right] = arrowOf(unicode);
  return 2 * textWidth(shaft) + textWidth(right) + 1;
}

/** `SYN ─────▶` from the left, `◀───── SYN/ACK` from the right; a cell that no dash fills stands beside the name. */
function arrow(name: string, from: HostName, width: number, unicode: boolean): string {
  const [shaft, right, left] = arrowOf(unicode);
  const room = Math.max(leastArrow(unicode), width - textWidth(name)) - 1;
  const line = filled(shaft, room - textWidth(right));
  const gap = ' '.repeat(1 + room - textWidth(line + right));
  return from === 'client' ? name + gap + line + right : left + line + gap + name;
}

/** A host that talks to itself: at its own end of the lane. */
function loop(moment: MomentOf<'packet'>, name: string, { lane, language, unicode }: Drawing): string {
  const ports = portsText(moment);
  const short = ascii(`${unicode ? '↺' : '@'} ${name}${ports === '' ? '' : ` ${ports}`}`, unicode);
  const full = `${short} ${say(TO_ITSELF, language)}`;
  const shown = textWidth(full) > lane ? short : full;
  return moment.packet.from === 'client' ? shown : padStartTo(shown, lane);
}
