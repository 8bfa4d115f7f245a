/** Colours on a terminal, none into a pipe or with NO_COLOR: picocolors by itself would also colour where CI is set. */
import { isatty } from 'node:tty';
import picocolors from 'picocolors';

const STDOUT = 1;
const { NO_COLOR = '', FORCE_COLOR = '' } = process.env;

export const colours = picocolors.createColors(NO_COLOR === '' && (FORCE_COLOR !== '' || isatty(STDOUT)));
