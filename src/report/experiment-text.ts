/** What `rawshake lab run` prints of one experiment: what it claims, its ladders, its facts, what they mean. */
import { missingFromAny } from '../evidence/missing.js';
import { colours } from './colours.js';
import { sideBySide } from './columns.js';
import { hangingText, wrapText } from './wrap.js';
import type { Language, Text } from '../error.js';
import { printableData } from '../printable.js';
import type { ExperimentRun, ExperimentText, JudgedClaim, Verdict } from '../evidence/experiment.js';
import { durationWords, EXPERIMENT_HEADINGS, runVerdict, VERDICTS } from './experiment-words.js';
import { factsLines, runMark } from './facts-text.js';
import { ladderLines, leastWidth } from './ladder-text.js';
import type { View } from './view.js';
import { timeline } from '../evidence/timeline.js';
import { circumstanceLines } from './circumstances-text.js';
import { say } from './words.js';

const BETWEEN = 3;
/** Prose wider than this is hard to read. */
const MOST_PROSE = 110;

export const proseWidth = (columns: number): number => Math.min(columns, MOST_PROSE);

/** `runs`: of one experiment, one for each address family. */
export function experimentText(observed: readonly ExperimentRun[], view: View): string {
  const runs = printableData(observed);
  const [first] = runs;
  if (first === undefined) return '';
  const { language, columns } = view;
  const width = proseWidth(columns);
  const half = Math.floor((columns - BETWEEN) / 2);
  const beside = runs.length === 2 && half >= leastWidth(first.hosts, view) && view.plain !== true;
  const blocks = runs.map((run) => runLines(run, beside ? half : columns, view));
  const missing = missingFromAny(runs.map((run) => run.missing));
  return [
    ...introduction(first, width, language),
    '',
    ...(beside
      ? sideBySide(blocks[0] ?? [], blocks[1] ?? [], half, ' '.repeat(BETWEEN))
      : blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block]))),
    '',
    ...missing.flatMap((text) =>
      paragraph(EXPERIMENT_HEADINGS.missing, say(text, language), width, language, colours.yellow).concat(''),
    ),
    ...meaning(first, width, language),
  ].join('\n');
}

/** The title, the claim and the steps. */
export function introduction({ id, title, claim, steps }: ExperimentText, width: number, language: Language): string[] {
  return [
    ...wrapText(`${colours.bold(id)}   ${colours.bold(say(title, language))}`, width, '  '),
    ...(say(claim, language) === '' ? [] : wrapText(say(claim, language), width, '')),
    ...(steps.length === 0 ? [] : ['', colours.bold(heading(EXPERIMENT_HEADINGS.steps, language))]),
    ...steps.flatMap((step, i) => hangingText(`  ${i + 1}. `, say(step, language), width)),
  ];
}

/** What the experiment has to say to what is often said, why it is so, and what to try next. */
export function meaning({ claims, explanation, next }: ExperimentText, width: number, language: Language): string[] {
  return [
    ...(claims.length === 0
      ? []
      : [
          colours.bold(heading(EXPERIMENT_HEADINGS.claims, language)),
          ...claims.flatMap((claim) => claimLines(claim, width, language)),
          '',
        ]),
    ...(say(explanation, language) === ''
      ? []
      : [...paragraph(EXPERIMENT_HEADINGS.why, say(explanation, language), width, language), '']),
    ...next.flatMap((text) => [...paragraph(EXPERIMENT_HEADINGS.next, say(text, language), width, language), '']),
  ];
}

const PAINT: Readonly<Record<Verdict, (text: string) => string>> = {
  confirmed: colours.green,
  refined: colours.yellow,
  outdated: colours.yellow,
  wrong: colours.red,
};

function claimLines({ text, verdict, because }: JudgedClaim, width: number, language: Language): string[] {
  const [open, close] = language === 'zh' ? ['“', '”'] : ['"', '"'];
  const words = PAINT[verdict](colours.bold(say(VERDICTS[verdict], language)));
  return [
    ...hangingText('  ', `${open}${say(text, language)}${close}`, width),
    ...hangingText('    ', `${words}${language === 'zh' ? '：' : ': '}${say(because, language)}`, width),
  ];
}

/** One family's ladder, and what came of it. */
function runLines(run: ExperimentRun, width: number, view: View): string[] {
  const { language, unicode } = view;
  const { family, ok, notRun, durationMs, packets, lookups, kernel, isOfNumbers } = run;
  const paint = notRun !== undefined ? colours.yellow : ok ? colours.green : colours.red;
  const heading = [
    colours.bold(`IPv${String(family)}`),
    `${runMark(run, unicode)} ${paint(say(runVerdict(run), language))}`,
    colours.dim(say(durationWords(durationMs), language)),
  ].join('  ');
  const isSeen = packets.length + lookups.length + kernel.length > 0;
  const facts = factsLines(run.facts, width, view);
  const circumstances = circumstanceLines(run, width, language);
  return [
    ...wrapText(heading, width, '  '),
    ...(isSeen
      ? ladderLines(
          { hosts: run.hosts, moments: timeline(run) },
          width,
          { ...view, numbers: view.numbers === true || isOfNumbers === true },
          { stacks: true },
        )
      : []),
    ...(facts.length > 0 ? ['', ...facts] : []),
    ...(circumstances.length > 0 ? ['', ...circumstances] : []),
  ];
}

const heading = (text: Text, language: Language): string => say(text, language) + (language === 'zh' ? '：' : ':');

function paragraph(
  title: Text,
  words: string,
  width: number,
  language: Language,
  paint: (text: string) => string = colours.bold,
): string[] {
  const space = language === 'zh' ? '' : ' ';
  return wrapText(`${paint(heading(title, language))}${space}${words}`, width, '  ');
}
