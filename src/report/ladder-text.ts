/** A run's moments as a ladder drawn with characters: an arrow for each packet, and between them what the kernels say. */
import { textWidth } from './text-width.js';
import type { Language, Text } from '../error.js';
import { type Host, hostNamed, type HostName } from '../evidence/host.js';
import { TcpFlag } from '../wire/index.js';
import { withBulkSummed } from './bulk-summed.js';
import { colours } from './colours.js';
import { filled, padStartTo, padTo, shortened, widest } from './columns.js';
import { Lane } from './lane.js';
import { wrapText } from './wrap.js';
import { momentWords, numbersText, packetName, portsText, remarkOf, TO_ITSELF, wordsOf } from './moment-words.js';
import { sentences } from './moment-sentences.js';
import { hostOf, type Moment, type MomentOf } from '../evidence/moment.js';
import { endOf, isByHand } from '../evidence/packet.js';
import type { Recording } from '../evidence/recording.js';
import type { View } from './view.js';
import { senderWords } from './sender-words.js';
import { HEADINGS, kernelOf, say } from './words.js';

export interface LadderOptions {
  /** Whether a kernel's event is followed by how the kernel came there. */
  readonly stacks?: boolean;
}

/** How to draw one ladder. */
interface Drawing extends View, Required<LadderOptions> {
  readonly hosts: readonly Host[];
  readonly lane: Lane;
  readonly sentByWidth: number;
  /** Of a whole line, in cells. */
  readonly width: number;
}

const MS_WIDTH = 7;
/** `client's kernel`. */
const LEAST_SENT_BY = 15;
const MOST_SENT_BY = 24;
const MOST_TOLD = 38;
const GAP = 2;
/** What stands before the lane. */
export const INDENT = ' '.repeat(MS_WIDTH + GAP);
/** How many functions of a call stack are shown: from the one that acts to where the packet came in. */
const MOST_CALLS = 6;

/** `told`: what is said of senders beyond whose kernel it was. */
function drawingOf(
  hosts: readonly Host[],
  width: number,
  view: View,
  stacks = false,
  told: readonly string[] = [],
): Drawing {
  const senders = hosts.map((host) => say(kernelOf(host), view.language));
  const sentByWidth = Math.max(LEAST_SENT_BY, Math.min(MOST_SENT_BY, widest(senders)), widest(told));
  const beside = INDENT.length + GAP + sentByWidth;
  const lane = new Lane(hosts, view.unicode, width - beside);
  return { ...view, stacks, hosts, lane, sentByWidth, width: beside + lane.width };
}

/** How wide a ladder is drawn where so many characters are there; where they do not hold it, it is wider. */
export const ladderWidth = (hosts: readonly Host[], width: number, view: View): number =>
  drawingOf(hosts, width, view).width;

export const leastWidth = (hosts: readonly Host[], view: View): number => ladderWidth(hosts, 0, view);

/**
 * The telling moments under a line that names the hosts, none wider than `width`; where that is less than `leastWidth`, a ladder of
 * two hosts is wider, and of more hosts the moments are told in sentences.
 */
export function ladderLines(
  { hosts, moments }: Pick<Recording, 'hosts' | 'moments'>,
  width: number,
  view: View,
  { stacks = false }: LadderOptions = {},
): string[] {
  const { language, unicode, plain = false } = view;
  const telling = withBulkSummed(moments.filter(({ isTelling }) => isTelling));
  if (plain) return sentences(telling, hosts, view);
  const drawing = drawingOf(hosts, width, view, stacks, sendersTold(telling, hosts, language));
  if (drawing.width > width && hosts.length > 2)
    return sentences(telling, hosts, view).flatMap((line) => wrapText(line, width, '  '));
  const names = drawing.lane.heading(hosts.map(({ title }) => say(title, language)));
  return [
    colours.dim(filled(unicode ? '─' : '-', drawing.width)),
    colours.dim(row(say(HEADINGS.ms, language), names, say(HEADINGS.sentBy, language), drawing)),
    ...stacksOnce(telling).flatMap((moment) => momentLines(moment, drawing)),
  ];
}

/** Of foreign programs' packets, and of those that a kernel is known to have sent for somebody. */
const sendersTold = (moments: readonly Moment[], hosts: readonly Host[], language: Language): readonly string[] =>
  moments.flatMap((moment) =>
    moment.type === 'packet' && (moment.packet.program !== undefined || moment.packet.sentFor !== undefined)
      ? [shortened(say(senderWords(moment.packet, hostNamed(hosts, moment.packet.from)), language), MOST_TOLD, '…')]
      : [],
  );

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
  const { language, unicode } = drawing;
  switch (moment.type) {
    case 'scene':
      return sceneLines(say(moment.title, language), drawing).map(colours.bold);
    case 'packet':
      return packetLines(moment, drawing);
    case 'dropped': {
      const stopped = `RST ${unicode ? `${filled('─', 2)}✗` : '--x'} ${say(wordsOf(moment, drawing.hosts), language)}`;
      const time = moment.isTimed ? timeOf(moment) : '';
      return [
        colours.yellow(row(time, atHost(moment.host, stopped, drawing), kernelWords(moment.host, drawing), drawing)),
      ];
    }
    case 'adopted':
      return noteLines(moment, drawing).map(colours.green);
    case 'lookup':
      return noteLines(moment, drawing).map(colours.dim);
    case 'event':
      return [...noteLines(moment, drawing), ...stackLines(moment, drawing)].map(colours.yellow);
    case 'bulk':
    case 'left-out':
    case 'call':
      return noteLines(moment, drawing);
  }
}

function packetLines(moment: MomentOf<'packet'>, drawing: Drawing): string[] {
  const { language } = drawing;
  const { from, segment } = moment.packet;
  const who = say(senderWords(moment.packet, hostNamed(drawing.hosts, from)), language);
  const line = row(timeOf(moment), packetArrow(moment, drawing), who, drawing);
  const paint = (segment.flags & TcpFlag.RST) !== 0 ? colours.red : isByHand(moment.packet) ? colours.cyan : String;
  const remark = remarkOf(moment, drawing.hosts);
  if (remark === undefined) return [paint(line)];
  const { text, at } = fitting(from, [say(remark, language)], drawing);
  return [paint(line), ...untimed(text, at, drawing).map(colours.yellow)];
}

const kernelWords = (host: HostName, { hosts, language }: Drawing): string =>
  say(kernelOf(hostNamed(hosts, host)), language);

/** As many digits as the column holds: `999.999`, `1234.56`. */
const timeOf = ({ ms }: Moment): string =>
  ms < 0 ? '' : ms.toFixed(Math.max(0, Math.min(3, MS_WIDTH - 1 - ms.toFixed(0).length)));

const row = (ms: string, inLane: string, sentBy: string, { lane, sentByWidth, unicode }: Drawing): string => {
  const shown = shortened(sentBy, sentByWidth, unicode ? '…' : '~');
  return `${padStartTo(ms, MS_WIDTH)}${' '.repeat(GAP)}${padTo(inLane, lane.width)}${' '.repeat(GAP)}${shown}`.trimEnd();
};

const ascii = (text: string, unicode: boolean): string =>
  unicode ? text : text.replaceAll('→', '->').replaceAll('←', '<-').replaceAll('…', '...');

/** `── a SYN to nobody ──────`. */
function sceneLines(title: string, { width, unicode }: Drawing): string[] {
  const dash = unicode ? '─' : '-';
  const [first = '', ...more] = wrapText(title, width - 4, '   ');
  const begun = `${filled(dash, 2)} ${first}`;
  return [more.length > 0 ? begun : `${begun} ${filled(dash, width - textWidth(begun) - 1)}`, ...more];
}

/** What is said between the packets, at its host's line: in as many words as a line holds. */
const noteLines = (moment: Said, drawing: Drawing): string[] =>
  saidAt(hostOf(moment), versionsOf(moment, drawing), timeOf(moment), drawing);

type Said = Exclude<Moment, { type: 'packet' }>;

const versionsOf = (moment: Said, { hosts, language }: Drawing): readonly string[] =>
  momentWords(moment, hosts).map((text: Text) => say(text, language));

/** Where a text at a host's line begins. Between two hosts it has all of the lane, and says whose it is. */
function beginsAt(host: HostName | undefined, text: string, { lane, hosts }: Drawing): number {
  return host === undefined || hosts.length <= 2 ? 0 : lane.begins(lane.placeOf(host), text);
}

/** The first version that a line holds, or the last one, and where it begins in the lane. */
function fitting(host: HostName | undefined, versions: readonly string[], drawing: Drawing) {
  const shown = versions.map((text) => ascii(text, drawing.unicode));
  const fits = (text: string): boolean => beginsAt(host, text, drawing) + textWidth(text) <= roomOf(drawing);
  const text = shown.find(fits) ?? shown.at(-1) ?? '';
  return { text, at: beginsAt(host, text, drawing) };
}

/** From the lane on. */
const roomOf = ({ width }: Drawing): number => width - INDENT.length;

function saidAt(host: HostName | undefined, versions: readonly string[], ms: string, drawing: Drawing): string[] {
  const { text, at } = fitting(host, versions, drawing);
  const room = roomOf(drawing) - at;
  const [first = '', ...more] = textWidth(text) <= room ? [text] : wrapText(text, room, '  ');
  const inLane = (line: string): string => drawing.lane.drawn(at, line);
  return [padStartTo(ms, MS_WIDTH) + ' '.repeat(GAP) + inLane(first), ...more.map((line) => INDENT + inLane(line))];
}

/** How the kernel came there, the one that acts first; under what it did. */
function stackLines(moment: MomentOf<'event'>, drawing: Drawing): string[] {
  const { host, stack = [] } = moment.event;
  if (!drawing.stacks || stack.length === 0) return [];
  const calls = stack.length > MOST_CALLS ? [...stack.slice(0, MOST_CALLS), '…'] : stack;
  const at = fitting(host, versionsOf(moment, drawing), drawing).at + 2;
  return untimed(ascii(calls.join(' ← '), drawing.unicode), at, drawing);
}

const untimed = (text: string, at: number, drawing: Drawing): string[] =>
  wrapText(text, roomOf(drawing) - at).map((line) => INDENT + drawing.lane.drawn(at, line));

/** A text in the lane, at its host's line. */
const atHost = (host: HostName, text: string, { lane }: Drawing): string =>
  lane.drawn(lane.begins(lane.placeOf(host), text), text);

/** `:41000 SYN ──────▶ :8888`. */
function packetArrow(moment: MomentOf<'packet'>, drawing: Drawing): string {
  const { lane } = drawing;
  const { packet, fromPort, toPort } = moment;
  const end = endOf(packet);
  if (packet.from === end) return loop(moment, drawing);
  const port = (number: number | undefined): string => (number === undefined ? '' : `:${number}`);
  return lane.arrow({
    ...{ from: lane.placeOf(packet.from), to: lane.placeOf(end), isDropped: packet.droppedAt !== undefined },
    ...{ name: label(moment, drawing), atFrom: port(fromPort), atTo: port(toPort) },
  });
}

/** `SYN/ACK`, with numbers `SYN/ACK 0:0(0) ack 1`. */
const label = (moment: MomentOf<'packet'>, { language, numbers = false }: View): string =>
  say(packetName(moment), language) + (numbers ? ` ${numbersText(moment)}` : '');

/** A host that talks to itself: at its own line. */
function loop(moment: MomentOf<'packet'>, drawing: Drawing): string {
  const { lane, language, unicode } = drawing;
  const { from } = moment.packet;
  const ports = portsText(moment);
  const name = label(moment, drawing);
  const short = ascii(`${unicode ? '↺' : '@'} ${name}${ports === '' ? '' : ` ${ports}`}`, unicode);
  const full = `${short} ${say(TO_ITSELF, language)}`;
  const fits = lane.begins(lane.placeOf(from), full) + textWidth(full) <= lane.width;
  return atHost(from, fits ? full : short, drawing);
}
