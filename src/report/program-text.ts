/** What `rawshake run` prints: the ladder of a program's connections, what is wrong, and what to do. */
import { programFindings } from '../diagnosis/program-connections.js';
import { endWords, programName, programRecording, type ProgramRun } from '../evidence/program-run.js';
import { missingFromAny } from '../evidence/missing.js';
import { ENDS, otherEnd } from '../evidence/host.js';
import { shellLine } from '../filter/shell.js';
import { printableData } from '../printable.js';
import { addressVersion } from '../wire/address.js';
import { endpoint } from '../wire/flow.js';
import { colours } from './colours.js';
import { sideBySide, widest } from './columns.js';
import { EXPERIMENT_HEADINGS } from './experiment-words.js';
import { ladderLines } from './ladder-text.js';
import { fewConnections } from './few-connections.js';
import {
  adviceWords,
  andMore,
  CERTAINTY,
  dropped,
  nothingSent,
  OPPOSITE_WORDS,
  REAL_CLIENT,
  REMEDY_TITLES,
  type Told,
  toldInOrder,
} from './program-words.js';
import type { CompareContext } from './json.js';
import type { View } from './view.js';
import { bracketed, colon, HEADINGS, say } from './words.js';
import { wrapText } from './wrap.js';

const BETWEEN = 3;
/** Prose wider than this is hard to read. */
const MOST_PROSE = 110;

/** `observed`: the same program's runs, without a cure and behind one. */
export function programText(observed: readonly ProgramRun[], context: CompareContext, view: View): string {
  const runs = printableData(observed);
  const [first] = runs;
  if (first === undefined) return '';
  const { language, columns } = view;
  const width = Math.min(columns, MOST_PROSE);
  const half = Math.floor((columns - BETWEEN) / 2);
  const blocksOf = (room: number) => runs.map((run, i) => runLines(run, numberOf(runs, i), room, view));
  const halves = runs.length === 2 && view.plain !== true ? blocksOf(half) : [];
  const beside = halves.length > 0 && halves.every((lines) => widest(lines) <= half);
  const blocks = beside ? halves : blocksOf(columns);
  const missing = missingFromAny(runs.map((run) => run.missing));
  return [
    titleLine(first, context, view),
    '',
    ...(beside
      ? sideBySide(blocks[0] ?? [], blocks[1] ?? [], half, ' '.repeat(BETWEEN)).concat('')
      : blocks.filter((block) => block.length > 0).flatMap((block) => [...block, ''])),
    ...runs.flatMap((run, i) => verdictLines(run, numberOf(runs, i), width, view)),
    ...missing.flatMap((text) => [
      ...wrapText(
        `${colours.yellow(say(EXPERIMENT_HEADINGS.missing, language))}${colon(language)}${say(text, language)}`,
        width,
        '  ',
      ),
      '',
    ]),
    ...runs.map((run, i) => endLine(run, numberOf(runs, i), view)),
    '',
  ].join('\n');
}

const numberOf = (runs: readonly ProgramRun[], i: number): number | undefined => (runs.length > 1 ? i + 1 : undefined);

function titleLine(run: ProgramRun, { kernel, rootless }: CompareContext, { language }: View): string {
  const { role, program, port, opposite } = run;
  const address = (name: string): string =>
    run.hosts.find((host) => host.name === name)?.addresses?.find((one) => addressVersion(one) === run.family) ?? '';
  const words = role === 'client' ? OPPOSITE_WORDS[opposite] : REAL_CLIENT;
  const at = (name: string): string => (name === 'server' ? endpoint(address(name), port) : address(name));
  const other = otherEnd(role);
  return [
    colours.bold('rawshake run'),
    `kernel ${kernel}${rootless ? ' (rootless)' : ''}`,
    `${say(ENDS[role].title, language)} ${at(role)}${bracketed(shellLine(program.argv), language)}`,
    `${say(ENDS[other].title, language)} ${at(other)}${bracketed(say(words, language), language)}`,
  ].join('   ');
}

function runLines(run: ProgramRun, number: number | undefined, width: number, view: View): string[] {
  const { hosts, moments } = programRecording(run);
  const heading =
    number === undefined
      ? []
      : wrapText(colours.bold(`${number}  ${say(REMEDY_TITLES[run.remedy], view.language)}`), width, '   ');
  if (run.packets.length === 0) return heading;
  return [...heading, ...ladderLines({ hosts, moments: fewConnections(moments) }, width, view)];
}

function verdictLines(run: ProgramRun, number: number | undefined, width: number, view: View): string[] {
  const { language } = view;
  const told = toldInOrder(programFindings(run).findings);
  const lead = number === undefined ? '' : `${number}  `;
  if (told.length === 0 && run.packets.length === 0)
    return [...wrapText(lead + say(nothingSent(run), language), width, '  '), ''];
  const rule = run.rule?.commands ?? [];
  return [
    ...told.flatMap((one) => findingLines(one, run.remedy, lead, width, view)),
    ...rule.map((argv) => `${colours.bold(say(HEADINGS.rule, language))}${colon(language)}${shellLine(argv)}`),
    ...(run.rule === null ? [] : wrapText(`  ${say(dropped(run.rule), language)}`, width, '  ')),
    ...(rule.length > 0 ? [''] : []),
  ];
}

function findingLines(
  { finding, count }: Told,
  remedy: ProgramRun['remedy'],
  lead: string,
  width: number,
  { language }: View,
) {
  const { meaning, certainty, because, advice, id, flow } = finding;
  const paint = id === 'established' ? colours.green : colours.red;
  const way = `${endpoint(flow.src, flow.srcPort)} ${endpoint(flow.dst, flow.dstPort)}`;
  const sentence = `${lead}${paint(colours.bold(say(meaning, language)))}${bracketed(
    [way, say(CERTAINTY[certainty], language)].join(language === 'zh' ? '；' : '; '),
    language,
  )}${say(andMore(count), language)}`;
  return [
    ...wrapText(sentence, width, '  '),
    ...(because === undefined
      ? []
      : wrapText(
          `${colours.bold(say(HEADINGS.why, language))}${colon(language)}${say(because, language)}`,
          width,
          '  ',
        )),
    ...(advice === undefined
      ? []
      : [`${say(adviceWords(finding, remedy), language)}${colon(language)}`.trimEnd(), `  ${advice}`]),
    '',
  ];
}

function endLine({ program }: ProgramRun, number: number | undefined, { language }: View): string {
  const lead = number === undefined ? '' : `${number}  `;
  return `${lead}${programName(program)} ${say(endWords(program), language)}${language === 'zh' ? '。' : '.'}`;
}
