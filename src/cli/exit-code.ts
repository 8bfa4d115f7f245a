/** Exit codes that scripts rely on. */
import type { RawshakeErrorCode } from '../error.js';
import type { NotRun } from '../evidence/not-run.js';

export const EXIT = { asExpected: 0, notAsExpected: 1, usage: 2, missing: 3, interrupted: 130 } as const;

const BY_ERROR: Readonly<Record<RawshakeErrorCode, number>> = {
  RS_USAGE: EXIT.usage,
  RS_FIELD_REWRITTEN: EXIT.usage,
  RS_FILE: EXIT.usage,
  RS_PORT_IN_USE: EXIT.usage,
  RS_NOT_A_LAB: EXIT.usage,
  RS_CLOSED: EXIT.usage,
  RS_SCRIPT: EXIT.usage,
  RS_NOT_LINUX: EXIT.missing,
  RS_NO_PRIVILEGE: EXIT.missing,
  RS_READ_ONLY: EXIT.missing,
  RS_MISSING_TOOL: EXIT.missing,
  RS_NOT_IN_KERNEL: EXIT.missing,
  RS_NO_RAW_SOCKET: EXIT.missing,
  RS_NO_TRANSPORT: EXIT.missing,
  RS_LIMIT: EXIT.missing,
  RS_DEFECT: EXIT.notAsExpected,
  RS_COMMAND_FAILED: EXIT.notAsExpected,
  RS_FILTER_NOT_APPLIED: EXIT.notAsExpected,
  RS_NOT_ADOPTED: EXIT.notAsExpected,
  RS_SYSTEM_CALL: EXIT.notAsExpected,
  RS_NO_ROUTE: EXIT.notAsExpected,
  RS_NOT_SENT: EXIT.notAsExpected,
  RS_NO_PORT: EXIT.notAsExpected,
  RS_NOT_UNDERSTOOD: EXIT.notAsExpected,
  RS_TIMED_OUT: EXIT.notAsExpected,
  RS_UNEXPECTED: EXIT.notAsExpected,
  RS_INTERRUPTED: EXIT.interrupted,
};

export const exitCodeOf = (code: RawshakeErrorCode): number => BY_ERROR[code];

/** Of many runs: 1 where one was not as expected; else, where some could not be made here, what one of them would give alone. */
export function exitCodeOfRuns(runs: readonly { readonly ok: boolean; readonly notRun?: NotRun }[]): number {
  const codes = runs.map(({ ok, notRun }) => {
    if (notRun !== undefined) return exitCodeOf(notRun.code);
    return ok ? EXIT.asExpected : EXIT.notAsExpected;
  });
  if (codes.includes(EXIT.notAsExpected)) return EXIT.notAsExpected;
  return codes.find((code) => code !== EXIT.asExpected) ?? EXIT.asExpected;
}
