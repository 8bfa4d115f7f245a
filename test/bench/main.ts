/** `npm run bench -- [--json]`: the figures of this project on this machine, each beside a baseline of the same run. */
import { adoptFigures } from './adopt.js';
import { compareFigures } from './compare.js';
import { driverFigures } from './driver.js';
import { wireFigures, type Figure } from './wire.js';

const modules: readonly (() => readonly Figure[] | Promise<readonly Figure[]>)[] = [
  wireFigures,
  driverFigures,
  compareFigures,
  adoptFigures,
];

const number = (value: number | null): string =>
  value === null ? '' : value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** Columns: names to the left, numbers to the right. */
const table = (figures: readonly Figure[]): string => {
  const rows = figures.map(({ name, unit, rawshake, baseline, baselineName, ratio }) => [
    name,
    number(rawshake),
    unit,
    number(baseline),
    baselineName ?? '',
    ratio === null ? '' : `× ${number(ratio)}`,
  ]);
  const all = [['', 'rawshake', '', 'baseline', '', 'ratio'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const numeric = new Set([1, 3, 5]);
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const results: Figure[] = [];
for (const figures of modules) results.push(...(await figures()));
process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify({ results }) : table(results)}\n`);
