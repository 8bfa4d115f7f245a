/** Where results, notes and errors go: one JSON document or text on stdout, everything else on stderr. */
import type { WriteStream } from 'node:tty';
import type { Language } from '../error.js';
import { RawshakeError } from '../error.js';
import { jsonText, printable } from '../printable.js';
import type { View } from '../report/view.js';
import { environmentLanguage } from './early.js';
import { exitCodeOf } from './exit-code.js';
import { explain, stackOf } from './unexpected.js';
import type { LadderOptions } from './view-options.js';

/** Options that every command has. */
export interface CommonOptions extends LadderOptions {
  readonly json?: boolean;
  readonly lang?: Language;
}

/** The locale of a category: the first variable that is set and not empty. locale(7). */
const localeOf = (category: string): string =>
  ['LC_ALL', category, 'LANG'].map((name) => process.env[name] ?? '').find((locale) => locale !== '') ?? '';

/** `--lang`, else what LC_ALL, LC_MESSAGES and LANG say. */
export function languageOf(options: CommonOptions): Language {
  return options.lang ?? environmentLanguage();
}

/** Where stdout is no terminal: wide enough for two ladders beside each other. */
const COLUMNS_WITHOUT_TERMINAL = 120;

export function viewOf(options: CommonOptions, stream: WriteStream = process.stdout): View {
  return {
    language: languageOf(options),
    // A terminal that does not know its size says 0.
    columns: stream.isTTY && stream.columns > 0 ? stream.columns : COLUMNS_WITHOUT_TERMINAL,
    unicode: options.ascii !== true && /utf-?8/i.test(localeOf('LC_CTYPE')),
    numbers: options.verbose === true,
    plain: options.plain === true,
  };
}

export const printText = (text: string, stream: WriteStream = process.stdout): void => {
  stream.write(text);
};

export const printJson = (value: unknown): void => {
  process.stdout.write(`${jsonText(value, 2)}\n`);
};

/** One line, on stderr. */
export const note = (text: string): void => {
  process.stderr.write(`rawshake: ${printable(text)}\n`);
};

/** Says what went wrong and what to do, and sets the exit code. */
export function reportError(thrown: unknown, options: CommonOptions): void {
  const error = asRawshakeError(thrown);
  process.exitCode = exitCodeOf(error.code);
  const language = languageOf(options);
  const hint = error.hints[language];
  if (options.json === true) printJson({ error: { code: error.code, message: error.message, hint } });
  else {
    process.stderr.write(`rawshake: ${error.linesIn(language).map(printable).join('\n')}\nhint: ${printable(hint)}\n`);
  }
  process.stderr.write(stackOf(thrown));
}

function asRawshakeError(thrown: unknown): RawshakeError {
  if (thrown instanceof RawshakeError) return thrown;
  const { code, messages, hint } = explain(thrown);
  return new RawshakeError(code, messages, { cause: thrown, hint });
}
