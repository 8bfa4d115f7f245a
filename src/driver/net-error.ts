/** Errors of a connection in the shape of node:net's: `code`, `syscall`, `address`, `port`. */
import { constants } from 'node:os';
import type { CloseReason } from '../tcp/types.js';
import { endpoint, type Flow } from '../wire/flow.js';

export interface ConnectionError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: 'connect' | 'read';
  readonly address: string;
  readonly port: number;
}

type ErrnoName = 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT' | 'ECONNABORTED';

const CODES: Readonly<Record<Exclude<CloseReason, 'closed'>, ErrnoName>> = {
  refused: 'ECONNREFUSED',
  reset: 'ECONNRESET',
  'timed-out': 'ETIMEDOUT',
  aborted: 'ECONNABORTED',
};

/** The error that a stream ends with when its connection did not end in order. */
export function connectionError(
  reason: Exclude<CloseReason, 'closed'>,
  flow: Flow,
  established: boolean,
): ConnectionError {
  const code = CODES[reason];
  const syscall = established ? 'read' : 'connect';
  return Object.assign(new Error(`${syscall} ${code} ${endpoint(flow.dst, flow.dstPort)}`), {
    code,
    errno: -constants.errno[code],
    syscall,
    address: flow.dst,
    port: flow.dstPort,
  } as const);
}
