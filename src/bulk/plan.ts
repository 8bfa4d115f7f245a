/** What is to be done, checked: the options of a run with their defaults, as plain values that a worker can be handed. */
import { about, RawshakeError } from '../error.js';
import { MOST_DISTINCT, tuplesFor } from './four-tuples.js';

/**
 * How a connection ends once it is established: at once by a RST of the client's, by a FIN from either side, or by a RST of the
 * server's program, which closes what it has accepted at once (SO_LINGER 0).
 */
export type BulkClose = 'rst' | 'fin' | 'server';

export interface BulkOptions {
  /** How many handshakes; at most 100,000,000. */
  readonly count: number;
  /** How many are under way at once; at most 131,072. Default 64. */
  readonly window?: number;
  /** How each ends. With `server` there can be no payload; nothing is cheaper, or surer to have been accepted. Default `rst`. */
  readonly close?: BulkClose;
  /** Sent on each connection, at most 1,400 bytes; it counts once the server's TCP has acknowledged it. Default: none. */
  readonly payload?: Uint8Array;
  /** The server's port. Default 8888. */
  readonly port?: number;
  /** Whether each has a source of its own, which no other uses again; then there can be 1,048,576 at most. Default: false. */
  readonly distinct?: boolean;
  /**
   * Whether the run has a listener of its own on that port, which accepts and closes each connection. Default: true. Without,
   * whoever listens there has the connections, or nobody: nothing is accepted that the summary could count, and it is not waited
   * until the server has let them go.
   */
  readonly listener?: boolean;
  /**
   * The own listener's queue, as for listen(2). Default: four times the window, at least 65,536: more than half full, the kernel gives half-open
   * connections up early (reqsk_timer_handler).
   */
  readonly backlog?: number;
  /** How many SYNs a second are sent at most; default: no limit. */
  readonly ratePerSecond?: number;
  /** After how many milliseconds what was not answered is sent again, the second time after twice as many. Default 1,000 (RFC 6298 §2). */
  readonly retransmitMs?: number;
  /** How often it is sent again before the handshake counts as `no-answer`. Default 5. */
  readonly retries?: number;
  /**
   * How many packets the server's kernel has dropped up to now, by a counter of its own; asked every few milliseconds. Where these and
   * the handshakes that are over are all there are, nobody waits longer: the others end as `no-answer`. Only with `retries: 0`,
   * for a packet that is sent again would count twice.
   */
  readonly dropped?: () => number;
  /** Ends the run: what is under way is reset, and counts as `aborted`. */
  readonly signal?: AbortSignal;
}

export interface Plan {
  readonly count: number;
  readonly window: number;
  readonly close: BulkClose;
  readonly payload: Uint8Array;
  readonly port: number;
  readonly listener: boolean;
  readonly backlog: number;
  readonly ratePerSecond: number;
  readonly retransmitMs: number;
  readonly retries: number;
  /** How many four-tuples are used. */
  readonly tuples: number;
}

const MOST_HANDSHAKES = 100_000_000;
const LARGEST_WINDOW = 1 << 17;
const LEAST_BACKLOG = 65_536;
/** What fits into an Ethernet frame behind 54 bytes of headers, with some to spare. */
const LONGEST_PAYLOAD = 1400;

/** A rehearsal is some ten thousand handshakes: for fewer it would cost more than it saves. */
const WORTH_REHEARSING = 10_000;

export const isWorthRehearsing = ({ count }: Plan): boolean => count >= WORTH_REHEARSING;

/** @throws {RawshakeError} RS_USAGE */
export function planOf(options: BulkOptions): Plan {
  const { close = 'rst', payload = new Uint8Array(), listener = true, ratePerSecond = Infinity } = options;
  const { distinct = false } = options;
  const count = whole('count', options.count, 1, distinct ? MOST_DISTINCT : MOST_HANDSHAKES);
  const window = whole('window', options.window ?? 64, 1, LARGEST_WINDOW);
  if (!['rst', 'fin', 'server'].includes(close))
    throw unusable('close', close, 'rst, fin or server', 'rst、fin 或 server');
  if (close === 'server' && !listener)
    throw unusable('close', close, 'rst or fin where the listener is not its own', 'rst 或 fin（监听者不是自己的）');
  if (!(ratePerSecond > 0)) throw unusable('ratePerSecond', ratePerSecond, 'a number above 0', '大于 0 的数');
  if (options.dropped !== undefined && options.retries !== 0)
    throw unusable('retries', options.retries ?? 5, '0 where what was dropped is counted', '0（在统计丢弃的包时）');
  whole('payload.length', payload.length, 0, close === 'server' ? 0 : LONGEST_PAYLOAD);
  return {
    count,
    window,
    close,
    payload,
    listener,
    ratePerSecond,
    port: whole('port', options.port ?? 8888, 1, 65535),
    backlog: whole('backlog', options.backlog ?? Math.max(LEAST_BACKLOG, 4 * window), 0, 2 ** 31 - 1),
    retransmitMs: whole('retransmitMs', options.retransmitMs ?? 1000, 1, 60_000),
    retries: whole('retries', options.retries ?? 5, 0, 10),
    tuples: distinct ? count : tuplesFor(count, window),
  };
}

function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw unusable(name, value, `a whole number from ${least} to ${most}`, `${least} 到 ${most} 的整数`);
}

const unusable = (name: string, value: string | number, en: string, zh: string): RawshakeError =>
  new RawshakeError('RS_USAGE', about('bulk', { en: `${name} is ${value}`, zh: `${name} 是 ${value}` }), {
    hint: { en: `${name} takes ${en}.`, zh: `${name} 应为${zh}。` },
  });
