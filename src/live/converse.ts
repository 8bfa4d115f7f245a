/** A whole conversation by hand: connect, send, read until the other side has closed or fallen silent, close, and tell. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { HandshakeResult } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import type { TraceEntry } from '../driver/trace.js';
import type { ConnectionEvidence } from '../evidence/connection.js';
import { kernelResets, type Outcome } from '../evidence/outcome.js';
import { type ObservedPacket, ownedSince } from '../evidence/packet.js';
import type { RuleEvidence } from '../evidence/run.js';
import type { FilterLease } from '../filter/lease.js';
import { systemClock } from '../linux/libc/clock.js';
import { familyOf } from '../linux/libc/sockaddr.js';
import { zonedFlow } from '../linux/port/zone.js';
import { type Missing, missingBehindFin } from '../tcp/index.js';
import { TcpFlag } from '../wire/index.js';
import type { CloseReason, Millis, TcpState } from '../tcp/types.js';
import { dial, type DialOptions } from './dial.js';
import { owed } from './delivery.js';
import { HandshakeTime } from './handshake-time.js';
import { handshakeWithin, synRetriesFor } from './handshake-wait.js';
import { IgnoredResets } from './ignored-resets.js';
import { interrupted } from './interrupted.js';
import { DROPPED_AS_MARTIAN } from './over-loopback.js';
import { TEXT_BEHIND_FIN } from './behind-fin.js';
import { MissingText } from './missing-text.js';
import { PathMtuFound } from './path-mtu-found.js';
import { Received } from './received.js';
import { CUT_OFF, LinkGone } from './link-loss.js';
import { explainSendFailure, sendObstacle } from './send-failure.js';
import { connectionError, errorText } from '../driver/net-error.js';
import type { Stream } from './stream.js';
import { talk, type TalkOptions, waitOf } from './talk.js';
import { Unheard } from './unheard.js';

export type ConverseOptions = Omit<Partial<DialOptions>, 'allowHalfOpen' | 'netns' | 'signal'> &
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
  const ignored = new IgnoredResets();
  const unheard = new Unheard();
  const time = new HandshakeTime();
  const pathMtu = new PathMtuFound();
  const onTrace = (entry: TraceEntry): void => {
    ignored.hear(entry);
    unheard.hear(entry);
    time.hear(entry);
    pathMtu.hear(entry);
    options.onTrace?.(entry);
  };
  const where = netns !== undefined && { netns };
  const tcp = { ...synRetriesFor(options.waitMs), ...options.tcp };
  const dialled = await dial({ ...rest, tcp, signal, onTrace, allowHalfOpen: true, ...where });
  const { connection, capture, flow } = dialled;
  capture.onPacket(ignored.observe);
  capture.onPacket(time.observe);
  const text = new MissingText();
  capture.onPacket(text.observe);
  if (connection.transport !== 'packet') capture.onPacket(unheard.observe);
  connection.once('released', () => {
    unheard.stop();
  });
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
  let [isSent, hasClosed, hasVanished] = [true, false, false];
  let isCutOff: boolean;
  let missing: Missing | undefined;
  let unread: Missing | undefined;
  try {
    result = await handshakeWithin(connection, options.waitMs);
    if (result.outcome === 'established' && options.adopt) {
      const establishedAt = systemClock.now();
      const socket = await inTime(connection, options, () => unlessOver(connection, dialled.adopt()));
      if (socket !== undefined) {
        afterHandshakeMs = systemClock.now() - establishedAt;
        isSent = await talk(watched(socket), received, options);
        hasClosed = socket.readableEnded;
        hasVanished = owed(socket) > 0;
        capture.catchUp();
        missing = text.ofKernel(hasClosed ? 'closed' : socket.destroyed ? 'dead' : 'silent');
        if (hasClosed && failure === undefined) unread = text.unread(connection.tcb.irs, received.bytes);
        missing ??= unread;
        if (socket.destroyed)
          isSent &&= options.close !== 'fin' || socket.writableFinished || socket.bytesWritten === 0;
        else isSent &&= owed(socket) <= (socket.writableEnded && socket.writableLength === 0 ? 1 : 0); // the FIN
        await closed(socket);
      }
    }
    const isByHand = result.outcome === 'established' && afterHandshakeMs === undefined;
    if (isByHand) isSent = await talk(connection, received, options);
    capture.catchUp();
    if (isByHand && !connection.readableEnded) missing = text.of(connection.tcb);
    if (isByHand && options.close === 'none' && !signal.aborted) connection.abandon();
    const { state } = connection;
    await dialled.settle();
    if (isByHand) {
      isSent &&= connection.bytesAcknowledged === connection.bytesWritten;
      hasClosed = connection.readableEnded;
      if (hasClosed) missing = missingBehindFin(connection.tcb);
      hasVanished = FIN_UNDER_WAY.includes(state) && !ANSWERED.includes(connection.closeReason);
    }
    const isTold = hasClosed || capture.record().packets.some(isOwnReset);
    isCutOff = result.outcome === 'established' && !isTold && options.close !== 'none' && dialled.isCutOff();
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
  const { packets: captured, leftOut } = capture.record();
  const packets = captured.map((packet) => ignored.mark(packet));
  const established = result.outcome === 'established';
  const adoptedAt = afterHandshakeMs === undefined ? undefined : ownedSince(packets, 'client');
  // Whoever stops reading has ended the connection himself.
  const inputLeftOut = !isSent && !received.readerGone;
  const isIncomplete = inputLeftOut || ((hasVanished || missing !== undefined) && !received.readerGone);
  const isReset = connection.closeReason === 'reset';
  const outcome = outcomeOf(result, failure, { hasClosed, isIncomplete, isCutOff, isReset, packets, adoptedAt });
  const wasCutOff = outcome === 'aborted' && isCutOff && failure === undefined;
  // A server whose SYN/ACK is answered by RST first has no connection, whatever is acknowledged then.
  const [ownReset] = kernelResets(packets, 'client');
  const stood = established && !(outcome === 'reset-by-own-kernel' && time.isAfter(ownReset?.at));
  const { notSent } = connection;
  const isMartian = dialled.isLocal && connection.transport === 'packet' && familyOf(flow.dst) === 4;
  const isBehindFin = hasClosed && missing !== undefined && missing !== unread;
  const obstacle =
    (isBehindFin ? TEXT_BEHIND_FIN : undefined) ??
    (notSent && sendObstacle(notSent)) ??
    (adoptedAt !== undefined && missing !== undefined ? text.obstacle() : undefined) ??
    unheard.obstacle() ??
    (isMartian ? DROPPED_AS_MARTIAN : undefined) ??
    (isCutOff ? CUT_OFF : undefined);
  return {
    outcome,
    flow: zonedFlow(flow, dialled.zone),
    translated: capture.translated(),
    transport: connection.transport,
    handshakeMs: stood ? time.ms : undefined,
    negotiated: stood ? connection.negotiated : undefined,
    pathMtu: stood ? pathMtu.of(connection.tcb, familyOf(flow.dst)) : undefined,
    received: { text: received.text(), bytes: received.bytes, leftOut: received.leftOut },
    packets,
    leftOut,
    inputLeftOut,
    missing: received.readerGone ? undefined : missing,
    isLeftOpen: outcome === 'established' && !hasClosed && options.close === 'fin' && !received.readerGone,
    rule,
    adoptedAt,
    failure: failure instanceof LinkGone ? failure.text : failure && errorText(failure),
    obstacle: outcome === 'no-answer' || outcome === 'incomplete' ? obstacle : wasCutOff ? CUT_OFF : undefined,
  };
}

/**
 * undefined where the connection was reset, or the user interrupted it, before the kernel had it; or the other side has closed
 * its half, and no kernel takes such a one: what is left of it goes on by hand.
 */
async function unlessOver(connection: RawConnection, adoption: Promise<Socket>): Promise<Socket | undefined> {
  try {
    return await adoption;
  } catch (error) {
    if (connection.errored !== null || connection.state === 'CLOSE_WAIT') return undefined;
    throw error;
  }
}

/** Before the kernel has it, what the SYN carried is to be acknowledged: who is silent for too long is reset. */
async function inTime<T>(connection: RawConnection, options: TalkOptions, adoption: () => Promise<T>): Promise<T> {
  const giveUp = (): void => {
    if (owed(connection) > 0) connection.destroy(connectionError('timed-out', connection.flow, true));
  };
  connection.setTimeout(waitOf({ ...options, close: 'fin' }), giveUp);
  try {
    return await adoption();
  } finally {
    connection.off('timeout', giveUp).setTimeout(0);
  }
}

/** Ends a kernel's socket, by RST where our side is still open, and waits until it is closed. */
async function closed(socket: Socket): Promise<void> {
  // Once shutdown(2) is under way libuv refuses to reset, and Node's `close` would never come.
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
  // What went wrong is its own to tell.
  if (!socket.closed) await once(socket, 'close').catch(() => undefined);
}

/** What is not the connection's own word, but its circumstances. */
interface Circumstances {
  /** Whether the other side has closed in order. */
  readonly hasClosed: boolean;
  /** Not all that was to be sent was acknowledged, or our FIN was not; or of what the other side has sent some is missing. */
  readonly isIncomplete: boolean;
  /** Our RST was not sent to a side that had not closed, for no way leads there. */
  readonly isCutOff: boolean;
  /** By the other side, maybe when its stream was closed and only its machine was there to hear it. */
  readonly isReset: boolean;
  readonly packets: readonly ObservedPacket[];
  readonly adoptedAt: Millis | undefined;
}

/**
 * The word of whoever had the connection, machine or kernel: a capture also shows what a stranger forged, and they ignored.
 * Only what this kernel reset behind the machine's back is to be seen in the capture alone.
 */
function outcomeOf(result: HandshakeResult, failure: Error | undefined, circumstances: Circumstances): Outcome {
  switch (result.outcome) {
    case 'timed-out':
      return 'no-answer';
    case 'refused':
    case 'aborted':
    case 'icmp-unreachable':
      return result.outcome;
    case 'reset':
      return resetByOwnKernel(circumstances) ? 'reset-by-own-kernel' : 'reset-by-peer';
    case 'established': {
      const { hasClosed, isIncomplete, isCutOff, isReset } = circumstances;
      if (failure === undefined && hasClosed && !isIncomplete) return 'established';
      if (resetByOwnKernel(circumstances)) return 'reset-by-own-kernel';
      if (failure === undefined && isIncomplete) return isReset ? 'reset-by-peer' : 'incomplete';
      if (failure === undefined) return isCutOff ? 'aborted' : 'established';
      const code = 'code' in failure ? failure.code : undefined;
      if (code === 'ETIMEDOUT') return 'incomplete';
      if (!RESET_CODES.includes(code)) return 'aborted';
      return abortedByKernel(circumstances) ? (isIncomplete ? 'incomplete' : 'aborted') : 'reset-by-peer';
    }
  }
}

/** The states in which our FIN is not acknowledged, and the ends by which the other side shows that it is there. */
const FIN_UNDER_WAY: readonly TcpState[] = ['FIN_WAIT1', 'CLOSING', 'LAST_ACK'];
const ANSWERED: readonly (CloseReason | undefined)[] = ['closed', 'reset'];

/** To a kernel's socket of which the other side has closed its half, a RST is EPIPE: tcp_reset(). */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/** The kernel ends an adopted connection itself where text comes behind a FIN: tcp_rcv_state_process(). */
const abortedByKernel = ({ packets, adoptedAt }: Circumstances): boolean =>
  adoptedAt !== undefined &&
  kernelResets(packets, 'client').some(({ at }) => at >= adoptedAt) &&
  !packets.some(({ from, segment }) => from === 'server' && (segment.flags & TcpFlag.RST) !== 0);

/** Ours, by whoever has the connection. */
const isOwnReset = ({ from, segment }: ObservedPacket): boolean =>
  from === 'client' && (segment.flags & TcpFlag.RST) !== 0;

const resetByOwnKernel = ({ packets, adoptedAt }: Circumstances): boolean =>
  kernelResets(packets, 'client').some(({ at }) => adoptedAt === undefined || at < adoptedAt);

const ruleEvidence = (lease: FilterLease, afterHandshakeMs: number | undefined): RuleEvidence => ({
  backend: lease.plan.backend,
  drops: 'resets',
  commands: lease.commands,
  ...lease.counters(),
  ...(afterHandshakeMs !== undefined && { afterHandshakeMs }),
});
