/**
 * What a segment does to the client of its four-tuple. As much of RFC 9293 §3.10.7 as a client needs that opens, sends one
 * payload and closes; whatever comes for a four-tuple that is not under way is answered as a closed port answers it.
 */
import { TcpFlag } from '../wire/tcp-flags.js';
import { ACK_SENT, type Clients, CLOSED, DATA_SENT, FIN_SENT, SYN_SENT } from './clients.js';
import { ACK, DATA, FIN, RST } from './outbox.js';
import { ESTABLISHED, REFUSED, RESET_BY_PEER } from './outcomes.js';

export function segmentArrives(clients: Clients, tuple: number, flags: number, seq: number, ack: number): void {
  const state = clients.state[tuple];
  if (state === SYN_SENT) inSynSent(clients, tuple, flags, seq, ack);
  else if (state === CLOSED) afterClose(clients, tuple, flags, seq, ack);
  else synchronized(clients, tuple, flags, seq, ack);
}

/** RFC 9293 §3.10.7.3. */
function inSynSent(clients: Clients, tuple: number, flags: number, seq: number, ack: number): void {
  if ((flags & TcpFlag.ACK) === 0) return;
  if (ack !== clients.sendNext(tuple)) refuse(clients, tuple, flags, ack);
  else if ((flags & TcpFlag.RST) !== 0) clients.finish(tuple, REFUSED);
  else if ((flags & TcpFlag.SYN) !== 0) establish(clients, tuple, (seq + 1) >>> 0, ack);
}

function establish(clients: Clients, tuple: number, receiveNext: number, sendNext: number): void {
  const { close, payload } = clients.plan;
  clients.recordLatency(tuple);
  clients.receiveNext[tuple] = receiveNext;
  if (close !== 'server') clients.established++; // else it has to be accepted first
  if (close === 'rst' && payload.length === 0) {
    clients.send(ACK, tuple, sendNext, receiveNext);
    clients.send(RST, tuple, sendNext, 0);
    clients.finish(tuple, ESTABLISHED);
    return;
  }
  clients.enter(tuple, close === 'fin' ? FIN_SENT : close === 'rst' ? DATA_SENT : ACK_SENT);
  if (close !== 'rst') clients.send(ACK, tuple, sendNext, receiveNext);
  if (close !== 'server') clients.send(close === 'fin' ? FIN : DATA, tuple, sendNext, receiveNext);
}

/** RFC 9293 §3.10.7.4, as far as the server never sends data. */
function synchronized(clients: Clients, tuple: number, flags: number, seq: number, ack: number): void {
  const receiveNext = clients.receiveNext[tuple] ?? 0;
  const isAllAcknowledged = ack === clients.sendNext(tuple);
  if ((flags & TcpFlag.RST) !== 0) {
    if (seq === receiveNext) clients.finish(tuple, isClosing(clients, tuple, flags) ? ESTABLISHED : RESET_BY_PEER);
  } else if ((flags & TcpFlag.SYN) !== 0) {
    clients.resend(tuple); // the server has not got the ACK
  } else if (isAllAcknowledged && clients.state[tuple] === DATA_SENT) {
    clients.send(RST, tuple, ack, 0);
    clients.finish(tuple, ESTABLISHED);
  } else if (isAllAcknowledged && (flags & TcpFlag.FIN) !== 0 && seq === receiveNext) {
    clients.send(ACK, tuple, ack, (receiveNext + 1) >>> 0);
    clients.finish(tuple, ESTABLISHED);
  }
}

/**
 * Whether a RST comes from the program that had accepted the connection: then it acknowledges (tcp_send_active_reset), while
 * one that answers an ACK for which there is no connection does not (RFC 9293 §3.10.7.1).
 */
function isClosing(clients: Clients, tuple: number, flags: number): boolean {
  if (clients.state[tuple] !== ACK_SENT || (flags & TcpFlag.ACK) === 0) return false;
  clients.established++;
  return true;
}

/**
 * A RST that fits is the answer to the last ACK: the server had given the half-open connection up. What was taken for
 * established, and reset at once, never was.
 */
function afterClose(clients: Clients, tuple: number, flags: number, seq: number, ack: number): void {
  const { outcomes, plan } = clients;
  const handshake = clients.handshake[tuple] ?? 0;
  const wasEstablished = outcomes[handshake] === ESTABLISHED && plan.close === 'rst';
  if ((flags & TcpFlag.RST) === 0) refuse(clients, tuple, flags, ack);
  else if (wasEstablished && seq === clients.receiveNext[tuple]) {
    outcomes[handshake] = RESET_BY_PEER;
    clients.established--;
  }
}

/** What a segment gets for which there is no connection. RFC 9293 §3.10.7.1. */
function refuse(clients: Clients, tuple: number, flags: number, ack: number): void {
  if ((flags & (TcpFlag.RST | TcpFlag.ACK)) === TcpFlag.ACK) clients.send(RST, tuple, ack, 0);
}
