/** Colours on a terminal, none into a pipe, with NO_COLOR, or on a terminal that has none: picocolors by itself would also colour where CI is set. */
import { isatty } from 'node:tty';
import picocolors from 'picocolors';

const STDOUT = 1;
const { NO_COLOR = '', FORCE_COLOR = '', TERM = '' } = process.env;

export const colours = picocolors.createColors(
  NO_COLOR === '' && (FORCE_COLOR !== '' || (TERM !== 'dumb' && isatty(STDOUT))),
);
