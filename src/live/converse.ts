/** A whole conversation by hand: connect, send, read until the other side has closed or fallen silent, close, and tell. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { handshake, type HandshakeResult } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import type { ConnectionEvidence } from '../evidence/connection.js';
import { judgeOutcome, type Outcome } from '../evidence/outcome.js';
import { type ObservedPacket, ownedSince } from '../evidence/packet.js';
import type { RuleEvidence } from '../evidence/run.js';
import type { FilterLease } from '../filter/lease.js';
import { systemClock } from '../linux/clock.js';
import type { Millis } from '../tcp/types.js';
import { TcpFlag } from '../wire/index.js';
import { dial, type DialOptions } from './dial.js';
import { interrupted } from './interrupted.js';
import { Received } from './received.js';
import { explainSendFailure } from './send-failure.js';
import { type Stream, talk, type TalkOptions } from './talk.js';

export type ConverseOptions = Omit<Partial<DialOptions>, 'netns' | 'signal'> &
  TalkOptions & {
    readonly host: string;
    readonly port: number;
    readonly netns: DialOptions['netns'] | undefined;
    /** Is given what the other side sends, which is slowed down to its pace. Who stops reading it ends the connection. */
    readonly output: Writable | undefined;
    /** Whether the kernel is given the connection once the handshake is complete. */
    readonly adopt: boolean;
    /** Called for every packet as it passes; the evidence holds the first and the last of many. */
    readonly onPacket: ((packet: ObservedPacket) => void) | undefined;
  };

/** @throws {RawshakeError} as `dial`; RS_NOT_SENT or RS_NO_ROUTE where the kernel would not send the SYN; RS_INTERRUPTED when the signal is aborted, after the connection was reset */
export async function converse(options: ConverseOptions): Promise<ConnectionEvidence> {
  const { netns, onPacket, signal, ...rest } = options;
  const dialled = await dial({ ...rest, signal, ...(netns !== undefined && { netns }) });
  const { connection, capture, flow } = dialled;
  if (onPacket !== undefined) capture.onPacket(onPacket);
  const received = new Received(options.output);
  let failure: Error | undefined;
  const watched = <S extends Stream>(stream: S): S => {
    stream.on('error', (error: Error) => {
      if (!received.readerGone) failure = error;
    });
    return stream;
  };
  watched(connection);
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
        await talk(watched(socket), received, options);
        await closed(socket);
      }
    } else {
      if (result.outcome === 'established') await talk(connection, received, options);
      if (options.close === 'none' && !signal.aborted) connection.abandon();
    }
    await dialled.settle();
    // Counted now, when nothing more comes that could be dropped.
    rule = dialled.filter === undefined ? null : ruleEvidence(dialled.filter, afterHandshakeMs);
  } finally {
    await dialled.close();
  }
  if (signal.aborted) throw interrupted('connect');
  if (result.outcome === 'aborted') {
    const explained = explainSendFailure(result.error, flow.dst);
    if (explained !== result.error) throw explained;
  }
  const { packets, leftOut } = capture.record();
  const established = result.outcome === 'established';
  const adoptedAt = afterHandshakeMs === undefined ? undefined : ownedSince(packets, 'client');
  return {
    outcome: outcomeOf(result, packets, failure, adoptedAt),
    flow,
    transport: connection.transport,
    handshakeMs: established ? handshakeMs(packets) : undefined,
    negotiated: established ? connection.negotiated : undefined,
    received: { text: received.text(), bytes: received.bytes, leftOut: received.leftOut },
    packets,
    leftOut,
    rule,
    adoptedAt,
    failure: failure?.message,
  };
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
