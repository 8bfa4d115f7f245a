/** Tells what this machine lacks from what went wrong. */
import { messagesOf, RawshakeError, type RawshakeErrorCode } from '../error.js';
import type { NotRun } from '../evidence/not-run.js';
import { SystemCallError } from '../linux/libc/libc.js';
import { notInKernel } from '../linux/libc/not-in-kernel.js';

/** Where one of these is missing, nothing was tried, and nothing is shown by it. */
const MISSING: readonly RawshakeErrorCode[] = [
  ...(['RS_MISSING_TOOL', 'RS_NO_PRIVILEGE', 'RS_READ_ONLY', 'RS_NOT_IN_KERNEL'] as const),
  ...(['RS_NO_RAW_SOCKET', 'RS_NO_TRANSPORT', 'RS_LIMIT'] as const),
];

/** What a kernel says that was built without what was asked for. */
const UNKNOWN_TO_KERNEL: readonly string[] = ['ENOSYS', 'EOPNOTSUPP', 'EAFNOSUPPORT', 'EPROTONOSUPPORT', 'ENOPROTOOPT'];

/** What is missing here, where it is that which ended a run; else undefined. */
export function missingHere(thrown: unknown): NotRun | undefined {
  const error = asRawshakeError(thrown);
  return error !== undefined && MISSING.includes(error.code) ? asNotRun(error) : undefined;
}

/** The same of whatever ended a run, but for what ends all: a signal, and what the user has to change. */
export function endedBy(thrown: unknown): NotRun | undefined {
  const error = asRawshakeError(thrown);
  return error === undefined || ENDS_ALL.includes(error.code) ? undefined : asNotRun(error);
}

const ENDS_ALL: readonly RawshakeErrorCode[] = ['RS_INTERRUPTED', 'RS_USAGE', 'RS_NOT_LINUX'];

function asRawshakeError(thrown: unknown): RawshakeError | undefined {
  if (thrown instanceof SystemCallError && UNKNOWN_TO_KERNEL.includes(thrown.code))
    return notInKernel(messagesOf(thrown), thrown);
  return thrown instanceof RawshakeError ? thrown : undefined;
}

const asNotRun = ({ code, messages, hints }: RawshakeError): NotRun => ({ code, reason: messages, hint: hints });
