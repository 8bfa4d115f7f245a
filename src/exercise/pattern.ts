/** The regular expressions of text questions, as RE2 has them: none takes more time than the length of the answer warrants. */
import { RE2JS, RE2JSException } from 're2js';
import type { Text } from '../error.js';
import { throwIfInterrupted } from '../lab/until.js';
import { err, ok, type Result } from '../wire/index.js';
import { expected } from './expected.js';

/** Compiling one takes at most two seconds, whatever it is; trying it on an answer some 50 ms. */
const LONGEST_PATTERN = 500;
const LARGEST_PROGRAM = 5000;

/** Whether it fits a text somewhere, in any case. */
export type Pattern = (text: string) => boolean;

/**
 * In JavaScript's spelling or RE2's; what looks around or back is in neither (https://github.com/google/re2/wiki/Syntax).
 * @throws {RawshakeError} RS_INTERRUPTED: an exercise may have thousands of them, one after the other
 */
export function parsePattern(source: string): Result<Pattern, Text> {
  throwIfInterrupted();
  if (source.length > LONGEST_PATTERN)
    return err(
      expected(
        `a regular expression of at most ${String(LONGEST_PATTERN)} characters`,
        `不超过 ${String(LONGEST_PATTERN)} 个字符的正则表达式`,
      ),
    );
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(source), RE2JS.CASE_INSENSITIVE);
    if (compiled.programSize() > LARGEST_PROGRAM)
      return err(
        expected('a smaller regular expression: what it repeats is too much', '更小的正则表达式：其中重复的内容太多'),
      );
    return ok((text) => compiled.test(text));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    // `error parsing regexp: missing closing ): `(?i)(``
    const why = error.message.replace(/^error parsing regexp: /, '').replace(/: `[^]*$/, '');
    return err(
      expected(`a regular expression without looking around or back: ${why}`, `不含环视和反向引用的正则表达式：${why}`),
    );
  }
}
