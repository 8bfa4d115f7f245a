/** What is wrong with a script or with answers: where, and what was expected there. */
import { about, RawshakeError, type Text } from '../error.js';
import { MissingValue } from './expression.js';

export interface Problem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `steps[2].send.packet: expected TCP flags`. */
  readonly message: Text;
}

/** `first-ack.yaml:12:9: steps[2].send.packet: expected …`; without the file where that has no name. */
const problemLine = (file: string, { line, column, message }: Problem): Text =>
  about(`${file === '' ? '' : `${file}:`}${String(line)}:${String(column)}`, message);

/** A script that is wrong all over has mostly one thing wrong. */
const MOST_PROBLEMS = 50;

/** RS_SCRIPT with one line for each problem, in the order of the file. */
export function scriptError(file: string, problems: readonly Problem[], hint: Text): RawshakeError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.slice(0, MOST_PROBLEMS).map((problem) => problemLine(file, problem));
  const more = sorted.length - lines.length;
  if (more > 0) lines.push({ en: `and ${String(more)} problems more`, zh: `还有 ${String(more)} 个问题` });
  return new RawshakeError('RS_SCRIPT', { en: lines.map(({ en }) => en), zh: lines.map(({ zh }) => zh) }, { hint });
}

/**
 * What an exercise's own values make; a value that is missing or of no use there is its author's mistake.
 * @throws {RawshakeError} RS_SCRIPT
 */
export function ofExercise<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof MissingValue)) throw error;
    throw new RawshakeError('RS_SCRIPT', about(where, error.text), {
      hint: {
        en: 'Correct the variables of the exercise; the format is described in docs/teaching.md.',
        zh: '请更正练习中的变量；格式说明见 docs/teaching.zh-CN.md。',
      },
    });
  }
}
