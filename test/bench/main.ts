/**
 * `npm run bench -- [--json] [--peers] [--only PART] [--plots]`: the figures of this project on this machine, each beside a
 * baseline of the same run. `--peers`: beside other programs, too, where they are installed. `--only`: one part, by its
 * name below. `--plots`: draws docs/figures/*.svg instead.
 */
import { adoptFigures } from './adopt.js';
import { compareFigures } from './compare.js';
import { driverFigures } from './driver.js';
import { filterFigures } from './filter.js';
import { handshakeFigures } from './handshakes.js';
import { drawPlots } from './plots.js';
import type { Figure } from './figure.js';
import { pathFigures } from './paths.js';
import { watchFigures } from './watch.js';
import { wireFigures } from './wire.js';

const has = (option: string): boolean => process.argv.includes(option);

const parts: Readonly<Record<string, () => readonly Figure[] | Promise<readonly Figure[]>>> = {
  handshakes: () => handshakeFigures(has('--peers')),
  wire: wireFigures,
  driver: driverFigures,
  filter: filterFigures,
  adopt: adoptFigures,
  compare: compareFigures,
  paths: pathFigures,
  watch: watchFigures,
};

const number = (value: number | null): string =>
  value === null ? '' : value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** Columns: names to the left, numbers to the right. */
const table = (figures: readonly Figure[]): string => {
  const rows = figures.map(({ name, unit, rawshake, baseline, baselineName, ratio, completeness }) => [
    name,
    number(rawshake),
    unit,
    number(baseline),
    baselineName ?? '',
    ratio === null ? '' : `× ${number(ratio)}`,
    completeness === undefined ? '' : completeness.map((share) => `${number(share * 100)} %`).join(' : '),
  ]);
  const all = [['', 'rawshake', '', 'baseline', '', 'ratio', 'complete'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const numeric = new Set([1, 3, 5, 6]);
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

if (has('--plots')) {
  await drawPlots();
} else {
  const only = has('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
  const results: Figure[] = [];
  for (const [name, figures] of Object.entries(parts)) {
    if (only === undefined || only === name) results.push(...(await figures()));
  }
  process.stdout.write(`${has('--json') ? JSON.stringify({ results }) : table(results)}\n`);
}
