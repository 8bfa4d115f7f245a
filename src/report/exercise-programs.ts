/** What an exercise's programs did, for people: how each ended, and the end of what it wrote. */
import type { ExerciseRun, RanProgram } from '../evidence/exercise.js';
import { endWords } from '../evidence/program-run.js';
import { shellLine } from '../filter/shell.js';
import { isBlank } from '../printable.js';
import { colours } from './colours.js';
import type { View } from './view.js';
import { say } from './words.js';
import { wrapText } from './wrap.js';

const MOST_PROGRAMS = 5;
const MOST_LINES = 12;

/** Of programs that were run; the texts are printable by now. */
export function programLines({ cases }: Pick<ExerciseRun, 'cases'>, view: View): readonly string[] {
  const all = cases.flatMap(({ programs = [] }) => programs);
  if (all.length === 0) return [];
  const more = all.length - MOST_PROGRAMS;
  return [
    '',
    ...all.slice(0, MOST_PROGRAMS).flatMap((one) => linesOf(one, view)),
    ...(more > 0 ? [`… +${String(more)}`] : []),
  ];
}

function linesOf(program: RanProgram, { language, columns }: View): readonly string[] {
  const lines = program.output.trimEnd().split('\n');
  const shown = lines.slice(-MOST_LINES);
  const head = `${shellLine(program.argv)} ${say(endWords(program), language)}`;
  return [
    ...wrapText(head, columns, '  '),
    ...(lines.length > shown.length ? [colours.dim('  | …')] : []),
    ...(isBlank(program.output) ? [] : shown.flatMap((line) => wrapText(`  | ${line}`, columns, '  | '))),
  ];
}
