/** The table of cures: what became of each remedy, what it costs, and why it works or does not. */
import type { Language, Text } from '../error.js';
import type { HandshakeRun } from '../evidence/run.js';
import { colours } from './colours.js';
import { largest, padTo, widest } from './columns.js';
import { wrapText } from './wrap.js';
import { HEADINGS, say, verdict } from './words.js';

/** What the report needs to know of a run's remedy. */
export interface RemedyWords {
  readonly title: Text;
  readonly because: Text;
  readonly cost: { readonly privileges: Text; readonly price: Text };
}

export type RemedyOf = (run: HandshakeRun) => RemedyWords;

/** One remedy, whatever the number of its runs. */
interface Cure {
  readonly id: string;
  readonly outcome: string;
  readonly good: boolean;
  readonly setup: string;
  readonly needs: string;
  readonly price: string;
  readonly why: string;
}

const GAP = '  ';
const INDENT = '  ';
const OUTCOME_WIDTH = 16;
/** Below this, columns of prose would be too narrow to be read, and the cures stand one below the other. */
const LEAST_TABLE_WIDTH = 130;

/** None wider than `columns`. */
export function curesLines(
  runs: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  { language, columns }: { readonly language: Language; readonly columns: number },
): string[] {
  const cures = [...new Set(runs.map(({ remedy }) => remedy))].map((remedy) =>
    cureOf(
      runs.filter((run) => run.remedy === remedy),
      remedyOf,
      language,
    ),
  );
  const heading = colours.bold(say(HEADINGS.cures, language));
  return [heading, '', ...(columns >= LEAST_TABLE_WIDTH ? table : list)(cures, columns, language)];
}

/** `runs`: those of one remedy, one for each IP version. */
function cureOf(runs: readonly HandshakeRun[], remedyOf: RemedyOf, language: Language): Cure {
  const [first] = runs;
  if (first === undefined) throw new TypeError('a remedy without a run');
  const { because, cost } = remedyOf(first);
  const outcomes = runs.map((run) => say(verdict(run), language));
  const [outcome = ''] = outcomes;
  return {
    id: first.remedy,
    outcome: outcomes.every((other) => other === outcome)
      ? outcome
      : runs.map(({ family }, i) => `IPv${String(family)}: ${outcomes[i] ?? ''}`).join('; '),
    good: runs.every(({ observed }) => observed === 'established'),
    setup: runs.map(({ setupMs }) => setupMs.toFixed(1)).join(' / '),
    needs: say(cost.privileges, language),
    price: say(cost.price, language),
    why: say(because, language),
  };
}

const paint = ({ good }: Cure): ((text: string) => string) => (good ? colours.green : colours.red);

function table(cures: readonly Cure[], columns: number, language: Language): string[] {
  const { remedy, outcome, setup, needs, price, reason } = HEADINGS;
  const heads = [remedy, outcome, setup, needs, price, reason].map((text) => say(text, language));
  const fixed = [
    widest([heads[0] ?? '', ...cures.map(({ id }) => id)]),
    OUTCOME_WIDTH,
    widest([heads[2] ?? '', ...cures.map((cure) => cure.setup)]),
  ];
  const rest = columns - fixed.reduce((sum, width) => sum + width + GAP.length, 0) - 2 * GAP.length;
  const widths = [...fixed, ...[0.22, 0.39, 0.39].map((share) => Math.floor(rest * share))];
  const row = (cells: readonly string[], painted: (column: number, text: string) => string): string[] => {
    const wrapped = cells.map((cell, i) => wrapText(cell, widths[i] ?? 0));
    return Array.from({ length: largest(wrapped.map(({ length }) => length)) }, (_, line) =>
      wrapped
        .map((lines, i) => padTo(lines[line] === undefined ? '' : painted(i, lines[line]), widths[i] ?? 0))
        .join(GAP)
        .trimEnd(),
    );
  };
  return [
    ...row(heads, (_, text) => colours.dim(text)),
    ...cures.flatMap((cure) => [
      '',
      ...row([cure.id, cure.outcome, cure.setup, cure.needs, cure.price, cure.why], (column, text) =>
        column === 0 ? colours.bold(text) : column === 1 ? paint(cure)(text) : text,
      ),
    ]),
  ];
}

function list(cures: readonly Cure[], columns: number, language: Language): string[] {
  const { needs, price, reason, setup } = HEADINGS;
  const labels = [needs, price, reason].map((text) => say(text, language));
  const labelWidth = widest(labels);
  return cures.flatMap((cure, i) => [
    ...(i > 0 ? [''] : []),
    ...wrapText(
      `${colours.bold(cure.id)}${GAP}${paint(cure)(cure.outcome)}${GAP}${colours.dim(`${say(setup, language)} ${cure.setup}`)}`,
      columns,
      INDENT,
    ),
    ...[cure.needs, cure.price, cure.why].flatMap((text, row) =>
      wrapText(text, columns - INDENT.length - labelWidth - GAP.length).map(
        (line, at) => `${INDENT}${colours.dim(padTo(at === 0 ? (labels[row] ?? '') : '', labelWidth))}${GAP}${line}`,
      ),
    ),
  ]);
}
