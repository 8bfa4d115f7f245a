/** Runs as sequence diagrams: packets as arrows, all else as notes. */
import type { Language, Text } from '../error.js';
import type { ExperimentRun } from '../evidence/experiment.js';
import type { HandshakeRun } from '../evidence/run.js';
import { TcpFlag } from '../wire/index.js';
import { withBulkSummed } from './bulk-summed.js';
import type { RemedyOf } from './cures.js';
import { runVerdict } from './experiment-words.js';
import { handshakeTimeline } from '../evidence/handshake-timeline.js';
import { mermaidFile, type MermaidLine, type MermaidPart } from './mermaid.js';
import { packetName, portsText, remarkOf, wordsOf } from './moment-words.js';
import type { Moment, MomentOf } from '../evidence/moment.js';
import { timeline } from '../evidence/timeline.js';
import { type Host, hostNamed } from '../evidence/host.js';
import { senderWords } from './sender-words.js';
import { endOf, isByHand } from '../evidence/packet.js';
import type { Recording } from '../evidence/recording.js';
import { say, verdict } from './words.js';

/** How many functions of a call stack a note has. */
const MOST_CALLS = 3;

/** The runs of `compare`: Markdown for FILE.md, one diagram for all otherwise. */
export const compareMermaid = (
  runs: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  file: string,
  language: Language,
): string =>
  inFile(file, language, runs, (run) => ({
    title: `${say(remedyOf(run).title, language)} (IPv${run.family})`,
    hosts: run.hosts,
    lines: [
      ...linesOf({ hosts: run.hosts, moments: handshakeTimeline(run) }, language),
      { type: 'heading', text: say(verdict(run), language) },
    ],
  }));

export interface MermaidOptions {
  readonly language: Language;
  /** Markdown for FILE.md, with a diagram for each run; for any other, and where left out, one diagram. */
  readonly file?: string;
}

/** Experiments, in the same way. */
export const experimentsMermaid = (runs: readonly ExperimentRun[], { language, file = '' }: MermaidOptions): string =>
  inFile(file, language, runs, (run) => ({
    title: `${run.id} IPv${run.family}: ${say(run.title, language)} (${say(runVerdict(run), language)})`,
    hosts: run.hosts,
    lines: linesOf({ hosts: run.hosts, moments: timeline(run) }, language),
  }));

function inFile<Run>(
  file: string,
  language: Language,
  runs: readonly Run[],
  partOf: (run: Run) => MermaidPart,
): string {
  return mermaidFile(file, runs.map(partOf), language);
}

const linesOf = ({ hosts, moments }: Pick<Recording, 'hosts' | 'moments'>, language: Language): MermaidLine[] =>
  withBulkSummed(moments.filter(({ isTelling }) => isTelling)).map((moment) =>
    lineOf(moment, hosts, (text) => say(text, language)),
  );

function lineOf(moment: Moment, hosts: readonly Host[], inLanguage: (text: Text) => string): MermaidLine {
  switch (moment.type) {
    case 'scene':
      return { type: 'heading', text: inLanguage(moment.title) };
    case 'packet':
      return messageOf(moment, hosts, inLanguage);
    case 'dropped':
      return { type: 'note', host: moment.host, text: `RST ✗ ${inLanguage(wordsOf(moment, hosts))}` };
    case 'adopted':
      return { type: 'note', host: moment.host, text: inLanguage(wordsOf(moment, hosts)) };
    case 'lookup':
      return { type: 'note', host: moment.lookup.host, text: inLanguage(wordsOf(moment, hosts)) };
    case 'event': {
      const { host, stack = [] } = moment.event;
      const calls = stack.length === 0 ? '' : ` [${stack.slice(0, MOST_CALLS).join(' ← ')}]`;
      return { type: 'note', host, text: inLanguage(wordsOf(moment, hosts)) + calls };
    }
    case 'bulk':
    case 'left-out':
      return { type: 'heading', text: inLanguage(wordsOf(moment, hosts)) };
    case 'call':
      if (moment.call.host !== undefined)
        return { type: 'note', host: moment.call.host, text: inLanguage(wordsOf(moment, hosts)) };
      // A program's, and not to be told of which host.
      return { type: 'heading', text: `${moment.call.program}: ${inLanguage(wordsOf(moment, hosts))}` };
  }
}

const COMMA: Text = { en: ', ', zh: '，' };

function messageOf(
  moment: MomentOf<'packet'>,
  hosts: readonly Host[],
  inLanguage: (text: Text) => string,
): MermaidLine {
  const { packet } = moment;
  const { from, segment, droppedAt } = packet;
  const remark = remarkOf(moment, hosts);
  const ports = portsText(moment);
  const words = [
    `${inLanguage(packetName(moment))}${ports === '' ? '' : ` ${ports}`} (${moment.ms.toFixed(3)} ms)`,
    ...(remark === undefined ? [] : [inLanguage(remark)]),
    ...(packet.program === undefined && packet.sentFor === undefined
      ? []
      : [inLanguage(senderWords(packet, hostNamed(hosts, from)))]),
  ];
  return {
    ...{ type: 'message', from, to: endOf(packet), text: words.join(inLanguage(COMMA)) },
    byHand: isByHand(packet),
    crossed: (segment.flags & TcpFlag.RST) !== 0 || droppedAt !== undefined,
  };
}
