/** Errors of a connection in the shape of node:net's: `code`, `syscall`, `address`, `port`. */
import { constants } from 'node:os';
import type { Text } from '../error.js';
import type { CloseReason } from '../tcp/types.js';
import { endpoint, type Flow } from '../wire/flow.js';
import { describeIcmp, errnoOf, type IcmpError } from './icmp.js';

export interface ConnectionError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: 'connect' | 'read';
  readonly address: string;
  readonly port: number;
  /** What ICMP said, where that ended the connection. */
  readonly icmp?: IcmpError;
}

const CODES = {
  refused: 'ECONNREFUSED',
  reset: 'ECONNRESET',
  'timed-out': 'ETIMEDOUT',
  aborted: 'ECONNABORTED',
} as const satisfies Record<Exclude<CloseReason, 'closed'>, keyof typeof constants.errno>;

/** What an error says, in all languages: the names of calls and codes are the same in each. */
export function errorText(error: Error): Text {
  const { message } = error;
  const { icmp } = error as Partial<ConnectionError>;
  if (icmp === undefined) return { en: message, zh: message };
  const { en, zh } = describeIcmp(icmp);
  return { en: message, zh: message.replace(` (${en})`, `（${zh}）`) };
}

/** The error that a stream ends with when its connection did not end in order. */
export function connectionError(
  reason: Exclude<CloseReason, 'closed'> | IcmpError,
  flow: Flow,
  established: boolean,
): ConnectionError {
  const syscall = established ? 'read' : 'connect';
  const icmp = typeof reason === 'string' ? undefined : reason;
  const code = typeof reason === 'string' ? CODES[reason] : errnoOf(reason);
  const why = icmp === undefined ? '' : ` (${describeIcmp(icmp).en})`;
  return Object.assign(new Error(`${syscall} ${code} ${endpoint(flow.dst, flow.dstPort)}${why}`), {
    code,
    errno: -constants.errno[code],
    syscall,
    address: flow.dst,
    port: flow.dstPort,
    ...(icmp !== undefined && { icmp }),
  } as const);
}
