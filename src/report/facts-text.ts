/** What was expected beside what was observed: a table where it fits, else a few lines for each fact. */
import type { ExperimentRun, Fact } from '../evidence/experiment.js';
import { colours } from './colours.js';
import { padTo, widest } from './columns.js';
import { hangingText } from './wrap.js';
import { EXPERIMENT_HEADINGS, valueWords } from './experiment-words.js';
import type { View } from './view.js';
import { say } from './words.js';

const BETWEEN = '  ';

/** A mark that says with and without colour how it went. */
export const mark = (ok: boolean, unicode: boolean): string =>
  ok ? colours.green(unicode ? '✓' : '+') : colours.red(unicode ? '✗' : 'x');

/** The same for a run; of one that could not be made it says neither. */
export const runMark = ({ ok, notRun }: Pick<ExperimentRun, 'ok' | 'notRun'>, unicode: boolean): string =>
  notRun === undefined ? mark(ok, unicode) : colours.yellow('-');

/** The lines, none wider than `width`. */
export function factsLines(facts: readonly Fact[], width: number, view: View): string[] {
  if (facts.length === 0) return [];
  const { language, unicode } = view;
  const cells = facts.map(({ what, expected, observed }) => [
    say(what, language),
    say(valueWords(expected), language),
    say(valueWords(observed), language),
  ]);
  const headings = [EXPERIMENT_HEADINGS.what, EXPERIMENT_HEADINGS.expected, EXPERIMENT_HEADINGS.observed];
  const heading = headings.map((text) => say(text, language));
  const widths = [0, 1, 2].map((column) => widest([heading, ...cells].map((row) => row[column] ?? '')));
  const line = (lead: string, row: readonly string[]): string =>
    [lead, ...row.map((cell, i) => padTo(cell, widths[i] ?? 0))].join(BETWEEN).trimEnd();
  if (1 + widths.reduce((sum, column) => sum + column + BETWEEN.length, 0) > width) return stacked(facts, width, view);
  return [
    colours.dim(line(' ', heading)),
    ...facts.map(({ ok }, i) => {
      const shown = line(mark(ok, unicode), cells[i] ?? []);
      return ok ? shown : colours.bold(shown);
    }),
  ];
}

/** For a narrow terminal: what it is, then what was expected and what was observed, once where they are the same. */
function stacked(facts: readonly Fact[], width: number, { language, unicode }: View): string[] {
  const colon = language === 'zh' ? '：' : ': ';
  return facts.flatMap(({ what, expected, observed, ok }) => {
    const [wanted, seen] = [expected, observed].map((value) => say(valueWords(value), language)) as [string, string];
    const values = ok
      ? [seen]
      : [
          `${say(EXPERIMENT_HEADINGS.expected, language)}${colon}${wanted}`,
          `${say(EXPERIMENT_HEADINGS.observed, language)}${colon}${seen}`,
        ];
    return [
      ...hangingText(`${mark(ok, unicode)}${BETWEEN}`, say(what, language), width),
      ...values.flatMap((value) => hangingText('     ', value, width)),
    ];
  });
}
