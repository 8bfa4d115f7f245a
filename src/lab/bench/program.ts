/** Ordinary programs on kernel sockets, and what they learn from them: connected, or an errno; the data that they read. */
import type { Socket } from 'node:net';
import type { EndName } from '../../evidence/host.js';
import { SystemCallError } from '../../linux/libc/libc.js';
import type { Flow } from '../../wire/flow.js';
import { until } from '../until.js';
import type { Bench } from './bench.js';

/** A program that connects, and then reads all that comes. */
export interface Program {
  readonly socket: Socket;
  /** `connected`, or the errno that connect() gave. */
  readonly outcome: Promise<string>;
  /** The errno that befell it later; undefined as long as there is none. */
  readonly error: () => string | undefined;
  /** Its own port, once it is connected, even where it no longer is. */
  readonly port: () => number | undefined;
  /** All that it has read, once that is `length` characters, or nothing more comes. Throws as `until` does. */
  readonly reads: (length: number) => Promise<string>;
}

/** Starts one on `host`, from `flow.src` to `flow.dst`; its SYN leaves a tick later. It ends with the bench. */
export function startProgram(bench: Bench, host: EndName, flow: Flow): Program {
  return runOn(bench, bench.lab[host].connect(flow));
}

/** As `startProgram`, on a socket that is connecting already. */
export function runOn({ leases, signal }: Pick<Bench, 'leases' | 'signal'>, socket: Socket): Program {
  let received = '';
  let error: string | undefined;
  let over = false;
  let port: number | undefined;
  leases.defer(() => {
    socket.destroy();
  });
  socket
    .setEncoding('utf8')
    .on('connect', () => (port = socket.localPort))
    .on('data', (text: string) => (received += text))
    .on('error', ({ code, message }: NodeJS.ErrnoException) => (error = code ?? message))
    .on('end', () => (over = true))
    .on('close', () => (over = true));
  return {
    socket,
    outcome: connectResult(socket),
    error: () => error,
    port: () => port,
    reads: async (length) => {
      const onProgress = (check: () => void) => {
        socket.on('data', check).on('end', check).on('close', check);
        return () => socket.off('data', check).off('end', check).off('close', check);
      };
      await until(
        { en: 'the program to read', zh: '程序读取' },
        () => over || received.length >= length,
        onProgress,
        signal,
      );
      return received;
    },
  };
}

/** `connected`, or the errno that connect() gave: `ECONNREFUSED`. */
export const connectResult = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket
      .once('connect', () => {
        resolve('connected');
      })
      .once('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      });
  });

/** `ok`, or the errno that a system call gave: `EADDRINUSE`. */
export function callResult(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof SystemCallError) return error.code;
    throw error;
  }
}
