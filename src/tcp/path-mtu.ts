/** The size of segments follows the path: what was told of its MTU, and what is tried where nobody tells. RFC 9293 §3.7.5. */
import { resized } from './congestion.js';
import { MIN_MSS, payloadRoom } from './negotiate.js';
import { armRetransmission } from './output.js';
import { flightSize, synUnacknowledged } from './tcb.js';
import type { Turn } from './turn.js';

/**
 * Of a connection. A way has few links that are narrower than the one before, and changes seldom; who forges reports has one for every
 * size.
 */
const MOST_REFITS = 8;

/**
 * Segments of more than `mss` do not get through. What is under way goes out again at once in smaller ones, and the congestion
 * window stays; beyond `MOST_REFITS` it waits for its timer. RFC 1191 §6.4, RFC 8201 §5.4; tcp_v4_mtu_reduced() and tcp_simple_retransmit().
 */
export function pathMtuFell(turn: Turn, mss: number): void {
  const { tcb } = turn;
  if (!shrink(turn, mss) || synUnacknowledged(tcb) || flightSize(tcb) <= payloadRoom(tcb)) return;
  if (tcb.refits >= MOST_REFITS) return;
  tcb.refits += 1;
  tcb.congestion = resized(tcb.congestion, tcb.sndNxt);
  tcb.resendNxt = tcb.sndUna;
  armRetransmission(turn);
}

/**
 * A segment was lost again and again: perhaps it is too large for a path whose routers keep that to themselves, and a smaller one
 * is tried. RFC 4821 §7.7; tcp_mtu_probing() with `tcp_mtu_probing` 1.
 */
export function suspectBlackHole(turn: Turn): void {
  const { tcb } = turn;
  const room = payloadRoom(tcb);
  const lost = Math.min(flightSize(tcb), room, Math.max(tcb.sndWnd, 1));
  const smaller = tcb.settings.baseMss.find((mss) => mss - (tcb.sendMss - room) < lost);
  if (smaller !== undefined) shrink(turn, smaller);
}

/** Whether segments are smaller now than they were. */
function shrink({ tcb }: Turn, mss: number): boolean {
  const before = tcb.sendMss;
  tcb.pathMss = Math.min(tcb.pathMss, mss);
  tcb.sendMss = Math.max(Math.min(before, tcb.pathMss), MIN_MSS);
  return tcb.sendMss < before;
}
