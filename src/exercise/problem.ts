/** What is wrong with a script or with answers: where, and what was expected there. */
import { RawshakeError, type Text } from '../error.js';

export interface Problem {
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `steps[2].send.packet: expected TCP flags`. */
  readonly message: string;
}

/** `first-ack.yaml:12:9: steps[2].send.packet: expected …`. */
export const problemLine = (file: string, { line, column, message }: Problem): string =>
  `${file}:${String(line)}:${String(column)}: ${message}`;

/** RS_SCRIPT with one line for each problem, in the order of the file. */
export function scriptError(file: string, problems: readonly Problem[], hint: Text): RawshakeError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map((problem) => problemLine(file, problem));
  return new RawshakeError('RS_SCRIPT', lines, { hint });
}
