/** Experiments before they are run: the list of all, one in full; and the lines of a run of many. */
import { missingFromAny } from '../evidence/missing.js';
import { colours } from './colours.js';
import { padTo, widest } from './columns.js';
import { hangingText, wrapText } from './wrap.js';
import type { Text } from '../error.js';
import { printableData } from '../printable.js';
import type { ByHand, ExperimentRun, ExperimentText, FactValue } from '../evidence/experiment.js';
import { durationWords, EXPERIMENT_HEADINGS, runVerdict, valueWords } from './experiment-words.js';
import { introduction, meaning, proseWidth } from './experiment-text.js';
import { runMark } from './facts-text.js';
import type { View } from './view.js';
import { notRunLines } from './not-run-text.js';
import { ENDS } from '../evidence/host.js';
import { bracketed, COMMA, say, summary } from './words.js';

/** An experiment as it is listed and shown: its texts, and what it expects. */
export interface ShownExperiment extends ExperimentText {
  readonly families?: readonly (4 | 6)[];
  readonly facts: Readonly<
    Record<string, { readonly what: Text; readonly expected: FactValue | Readonly<Record<4 | 6, FactValue>> }>
  >;
}

/** A line for each: its id, what it is called, and which family where it is not both. */
export function experimentListText(known: readonly ShownExperiment[], { language }: View): string {
  const experiments = printableData(known);
  const width = idWidth(experiments);
  return experiments
    .map(({ id, title, families = [4, 6] }) => {
      const only = families.length === 1 ? ` (IPv${String(families[0])})` : '';
      return `${colours.bold(padTo(id, width))}  ${say(title, language)}${only}\n`;
    })
    .join('');
}

/** All that there is to say about it before it is run. */
export function experimentShowText(known: ShownExperiment, view: View): string {
  const experiment = printableData(known);
  const { language, columns } = view;
  const width = proseWidth(columns);
  const [colon, space] = language === 'zh' ? ['：', ''] : [':', ' '];
  return [
    ...introduction(experiment, width, language),
    '',
    colours.bold(say(EXPERIMENT_HEADINGS.expectation, language) + colon),
    ...Object.values(experiment.facts).flatMap(({ what, expected }) =>
      hangingText('  ', `${say(what, language)}${colon}${space}${expectedWords(expected, view)}`, width),
    ),
    '',
    ...byHandLines(experiment.byHand, view),
    ...meaning(experiment, width, language),
  ].join('\n');
}

function expectedWords(expected: FactValue | Readonly<Record<4 | 6, FactValue>>, { language }: View): string {
  const words = (value: FactValue): string => say(valueWords(value), language);
  if (typeof expected !== 'object' || Array.isArray(expected)) return words(expected as FactValue);
  const byFamily = expected as Readonly<Record<4 | 6, FactValue>>;
  return `${words(byFamily[4])} (IPv4), ${words(byFamily[6])} (IPv6)`;
}

/** To be pasted, so never wrapped; the host is named where it changes. */
function byHandLines(lines: readonly ByHand[], { language }: View): string[] {
  if (lines.length === 0) return [];
  const colon = language === 'zh' ? '：' : ':';
  return [
    colours.bold(say(EXPERIMENT_HEADINGS.byHand, language) + colon),
    ...lines.flatMap(({ host, line }, i) => [
      ...(lines[i - 1]?.host === host ? [] : [colours.dim(`  # ${say(ENDS[host].title, language)}`)]),
      `  ${line}`,
    ]),
    '',
  ];
}

const idWidth = (experiments: readonly { readonly id: string }[]): number => widest(experiments.map(({ id }) => id));

/** One line of a run of many. `ids`: those of all that are run. */
export function runLine(
  observed: ExperimentRun,
  ids: readonly { readonly id: string }[],
  { language, unicode }: View,
): string {
  const run = printableData(observed);
  const { id, family, title, ok, notRun, durationMs } = run;
  const paint = notRun === undefined ? colours.red : colours.yellow;
  const time = padTo(say(durationWords(durationMs), language), 8);
  const verdict = ok ? '' : paint(`  ${say(runVerdict(run), language)}`);
  return `${runMark(run, unicode)} ${padTo(id, idWidth(ids))}  IPv${String(family)}  ${time}  ${say(title, language)}${verdict}\n`;
}

export interface SummaryOptions {
  readonly tookMs: number;
  /** Whether to name the evidence that was missing: where the runs were shown in full it was. */
  readonly tellMissing: boolean;
}

/** The last lines of a run. */
export function runsSummary(
  observed: readonly ExperimentRun[],
  options: SummaryOptions,
  { language, columns }: View,
): string {
  const all = printableData(observed);
  const runs = all.filter(({ notRun }) => notRun === undefined);
  const expected = runs.filter(({ ok }) => ok).length;
  const time = say(durationWords(options.tookMs), language);
  const missing = options.tellMissing ? missingFromAny(runs.map((run) => run.missing)) : [];
  const colon = language === 'zh' ? '：' : ': ';
  const width = proseWidth(columns);
  return [
    ...(all.length > 1 && options.tellMissing ? [''] : []),
    ...missing.flatMap((text) => {
      const words = say(text, language);
      const ids = new Set(
        runs.filter((run) => run.missing.some((one) => say(one, language) === words)).map(({ id }) => id),
      );
      const ofSome = ids.size > 0 && ids.size < new Set(runs.map(({ id }) => id)).size;
      const of = ofSome ? bracketed([...ids].join(say(COMMA, language)), language) : '';
      return wrapText(`${say(EXPERIMENT_HEADINGS.missing, language)}${of}${colon}${words}`, width, '  ');
    }),
    ...notRunLines(
      all.flatMap(({ id, notRun }) => (notRun === undefined ? [] : [{ id, ...notRun }])),
      { language, columns: width },
    ),
    ...(runs.length === 0
      ? []
      : [
          `${say(summary(runs.length, expected, false, all.length - runs.length), language)}${bracketed(time, language)}`,
        ]),
    '',
  ].join('\n');
}
