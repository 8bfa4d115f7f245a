/** A whole conversation by hand: connect, send, read until the other side has closed or fallen silent, close, and tell. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { handshake, type HandshakeResult } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import type { ConnectionEvidence } from '../evidence/connection.js';
import { judgeOutcome, type Outcome } from '../evidence/outcome.js';
import { type ObservedPacket, ownedSince } from '../evidence/packet.js';
import type { RuleEvidence } from '../evidence/run.js';
import { RawshakeError } from '../error.js';
import type { FilterLease } from '../filter/lease.js';
import { realtimeOffset, systemClock } from '../linux/clock.js';
import type { Millis } from '../tcp/types.js';
import { TcpFlag } from '../wire/index.js';
import { dial, type DialOptions } from './dial.js';

/** How our side ends the connection: in order, by RST, or not at all. */
export type CloseChoice = 'fin' | 'rst' | 'none';

/** What carries the conversation: made by hand, or the kernel's. */
type Stream = RawConnection | Socket;

export type ConverseOptions = Omit<Partial<DialOptions>, 'netns' | 'signal'> & {
  readonly host: string;
  readonly port: number;
  readonly netns: DialOptions['netns'] | undefined;
  readonly signal: AbortSignal;
  /** What is sent once connected. */
  readonly input: Readable | string | undefined;
  readonly close: CloseChoice;
  /** How long to wait for the other side's close, or, where ours is not in order, for its data. */
  readonly waitMs: number | undefined;
  /** Whether the kernel is given the connection once the handshake is complete. */
  readonly adopt: boolean;
  readonly onData: ((bytes: Buffer) => void) | undefined;
};

const DEFAULT_WAIT_MS: Readonly<Record<CloseChoice, number>> = { fin: 5000, rst: 200, none: 200 };

/** @throws {RawshakeError} as `dial`; RS_INTERRUPTED when the signal is aborted, after the connection was reset */
export async function converse(options: ConverseOptions): Promise<ConnectionEvidence> {
  const { netns, onData, ...rest } = options;
  const dialled = await dial({ ...rest, ...(netns !== undefined && { netns }) });
  const { connection, capture, flow } = dialled;
  const chunks: Buffer[] = [];
  let failure: Error | undefined;
  const listen = <S extends Stream>(stream: S): S => {
    stream.on('error', (error: Error) => {
      failure = error;
    });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      onData?.(chunk);
    });
    return stream;
  };
  listen(connection);
  let result: HandshakeResult;
  let rule: RuleEvidence | null;
  let afterHandshakeMs: number | undefined;
  try {
    result = await handshake(connection);
    if (result.outcome === 'established' && options.adopt) {
      const establishedAt = systemClock.now();
      const socket = await unlessFailed(connection, dialled.adopt());
      if (socket !== undefined) {
        afterHandshakeMs = systemClock.now() - establishedAt;
        await talk(listen(socket), options);
        await closed(socket);
      }
    } else {
      if (result.outcome === 'established') await talk(connection, options);
      if (options.close === 'none' && !options.signal.aborted) connection.abandon();
    }
    await dialled.settle();
    // Counted now, when nothing more comes that could be dropped.
    rule = dialled.filter === undefined ? null : ruleEvidence(dialled.filter, afterHandshakeMs);
  } finally {
    await dialled.close();
  }
  if (options.signal.aborted) throw interrupted();
  const packets = capture.packets();
  const established = result.outcome === 'established';
  const adoptedAt = afterHandshakeMs === undefined ? undefined : ownedSince(packets, 'client');
  return {
    outcome: outcomeOf(result, packets, failure, adoptedAt),
    flow,
    transport: connection.transport,
    handshakeMs: established ? handshakeMs(packets) : undefined,
    negotiated: established ? connection.negotiated : undefined,
    received: Buffer.concat(chunks).toString('utf8'),
    packets,
    realtimeOffsetMs: realtimeOffset(),
    rule,
    adoptedAt,
    failure: failure?.message,
  };
}

async function talk(connection: Stream, options: ConverseOptions): Promise<void> {
  const { input, close } = options;
  if (typeof input === 'string') connection.write(input);
  else if (input !== undefined) for await (const chunk of input) connection.write(chunk as Buffer);
  if (close === 'fin') connection.end();
  const over = once(connection, close === 'fin' ? 'close' : 'end', { signal: options.signal }).catch(() => undefined);
  const waitMs = options.waitMs ?? DEFAULT_WAIT_MS[close];
  await Promise.race([over, silence(connection, waitMs)]);
}

/** undefined where the connection was reset, or the user interrupted it, before the kernel had it. */
async function unlessFailed(connection: RawConnection, adoption: Promise<Socket>): Promise<Socket | undefined> {
  try {
    return await adoption;
  } catch (error) {
    if (connection.errored !== null) return undefined;
    throw error;
  }
}

/** Ends a kernel's socket, by RST where our side is still open, and waits until it is closed. */
async function closed(socket: Socket): Promise<void> {
  // Once shutdown(2) is under way libuv refuses to reset, and Node's `close` would never come.
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
  if (!socket.closed) await once(socket, 'close');
}

/** Resolves when nothing has come or gone for so long. */
const silence = (connection: Stream, idleMs: number): Promise<void> =>
  new Promise((resolve) => {
    connection.setTimeout(Math.max(1, idleMs), resolve);
  });

/** The handshake's own result, unless the packets tell more: whose RST it was. */
function outcomeOf(
  result: HandshakeResult,
  packets: readonly ObservedPacket[],
  failure: Error | undefined,
  adoptedAt: Millis | undefined,
): Outcome {
  switch (result.outcome) {
    case 'timed-out':
      return 'no-answer';
    case 'refused':
    case 'aborted':
    case 'icmp-unreachable':
      return result.outcome;
    case 'reset':
      return judgeOutcome(packets, 'client', false);
    case 'established':
      return judgeOutcome(packets, 'client', failure === undefined, adoptedAt);
  }
}

function handshakeMs(packets: readonly ObservedPacket[]): number | undefined {
  const ours = packets.filter(({ from, sender }) => from === 'client' && sender === 'rawshake');
  const syn = ours.find(({ segment }) => (segment.flags & TcpFlag.SYN) !== 0);
  const ack = ours.find(({ segment }) => (segment.flags & TcpFlag.SYN) === 0);
  return syn === undefined || ack === undefined ? undefined : ack.at - syn.at;
}

const ruleEvidence = (lease: FilterLease, afterHandshakeMs: number | undefined): RuleEvidence => ({
  backend: lease.plan.backend,
  drops: 'resets',
  commands: lease.commands,
  ...lease.counters(),
  ...(afterHandshakeMs !== undefined && { afterHandshakeMs }),
});

const interrupted = (): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', 'connect: interrupted', {
    hint: { en: 'The connection was reset and the filter removed.', zh: '连接已复位，过滤器已移除。' },
  });
