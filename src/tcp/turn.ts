/** A turn: the working copy that one step changes before it hands it out as the next value. */
import { draftOf, type Draft } from './draft.js';
import { emptySendQueue } from './send-queue.js';
import { EMPTY_REASSEMBLY } from './reassembly.js';
import type { Tcb } from './tcb.js';
import type { Clause, CloseReason, Millis, TcpAction, TcpState } from './types.js';

/** What a step returns: the connection's next value, and what is to be done. */
export interface Step {
  readonly tcb: Tcb;
  readonly actions: readonly TcpAction[];
}

/** Made by `take`, seen by nobody outside the step; the rules of the RFC read as assignments to it. */
export interface Turn {
  readonly now: Millis;
  readonly tcb: Draft;
  readonly actions: TcpAction[];
  /** The clause that asks for an ACK before this step ends; sending any segment with ACK answers it. */
  ackNow: Clause | undefined;
}

/** Runs `play` on a copy of the connection. */
export function take(tcb: Tcb, now: Millis, play: (turn: Turn) => void): Step {
  const turn: Turn = { now, tcb: draftOf(tcb), actions: [], ackNow: undefined };
  play(turn);
  return { tcb: turn.tcb, actions: turn.actions };
}

/** Takes an edge of `TRANSITIONS`. */
export function enter(turn: Turn, to: TcpState, clause: Clause): void {
  turn.actions.push({ type: 'state', from: turn.tcb.state, to, clause });
  turn.tcb.state = to;
}

export function drop(turn: Turn, why: string, clause: Clause): void {
  turn.actions.push({ type: 'drop', why, clause });
}

/** Says once that the connection is over for its user. */
export function end(turn: Turn, reason: CloseReason, clause: Clause): void {
  if (turn.tcb.ended) return;
  turn.tcb.ended = true;
  turn.actions.push({ type: 'ended', reason, clause });
}

/** Deletes the TCB: CLOSE, with no timer and nothing queued. */
export function close(turn: Turn, reason: CloseReason, clause: Clause): void {
  const { tcb } = turn;
  enter(turn, 'CLOSE', clause);
  end(turn, reason, clause);
  tcb.sendQueue = emptySendQueue();
  tcb.reassembly = EMPTY_REASSEMBLY;
  tcb.sndUna = tcb.sndNxt;
  tcb.resendNxt = tcb.sndNxt;
  tcb.finQueued = false;
  tcb.retransmitAt = undefined;
  tcb.ackAt = undefined;
  tcb.waitUntil = undefined;
  turn.ackNow = undefined;
}

export const after = (now: Millis, delayMs: number): Millis => (now + delayMs) as Millis;
