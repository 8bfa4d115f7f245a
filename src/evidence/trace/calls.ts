/** The system calls of processes, put together from their entries and returns in a trace. <trace/events/syscalls.h>. */
import type { SystemCall } from '../kernel-event.js';
import type { TraceRecord } from './record.js';

/** The calls that make and join sockets. */
export const SOCKET_CALLS = ['socket', 'bind', 'connect', 'listen', 'accept', 'accept4'] as const;

/** Of a program that is not ours also those that use them, and are of sockets alone: no read, no write. */
export const ALL_SOCKET_CALLS = [
  ...SOCKET_CALLS,
  ...(['sendto', 'sendmsg', 'sendmmsg', 'recvfrom', 'recvmsg', 'setsockopt', 'shutdown'] as const),
] as const;

const ARGUMENT = /(\w+): (?:0x)?([0-9a-f]+)/g;
const RESULT = /^ -> (0x[0-9a-f]+)$/;

/** Those of `pids`, in the order in which they were entered. */
export function systemCalls(records: readonly TraceRecord[], pids: readonly number[]): readonly SystemCall[] {
  const calls: (SystemCall & { result: number | undefined })[] = [];
  const wanted = new Set(pids);
  const open = new Map<string, { result: number | undefined }>();
  for (const { atMs, pid, program, event, text } of records) {
    const name = /^sys_(\w+)$/.exec(event)?.[1];
    if (name === undefined || !wanted.has(pid)) continue;
    const returned = RESULT.exec(text)?.[1];
    if (returned !== undefined) {
      const call = open.get(`${String(pid)} ${name}`);
      if (call !== undefined) call.result = Number(BigInt.asIntN(64, BigInt(returned)));
      open.delete(`${String(pid)} ${name}`);
      continue;
    }
    const args: Record<string, string> = {};
    for (const [, key = '', value = ''] of text.matchAll(ARGUMENT)) args[key] = `0x${value}`;
    const call: SystemCall & { result: number | undefined } = { atMs, pid, program, name, args, result: undefined };
    calls.push(call);
    open.set(`${String(pid)} ${name}`, call);
  }
  return calls;
}

/** Those of all processes but one, in the order in which they were entered. */
export const socketCallsOfAll = (records: readonly TraceRecord[], butOf: number): readonly SystemCall[] =>
  systemCalls(
    records,
    [...new Set(records.map(({ pid }) => pid))].filter((pid) => pid !== butOf),
  );
