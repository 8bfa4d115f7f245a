/** The edges of the connection state diagram, as data. RFC 9293 §3.3.2, Figure 5, and §3.10. */
import type { Clause, TcpState } from './types.js';

export interface Transition {
  readonly from: TcpState;
  readonly to: TcpState;
  /** What causes it, and what is sent. */
  readonly on: string;
  readonly clause: Clause;
}

/** The clauses that end a connection early, in the words of the diagram. */
const RESET = { on: 'rcv RST', clause: 'RFC 9293 §3.10.7.4' } as const;
const ABORT = { on: 'ABORT', clause: 'RFC 9293 §3.10.5' } as const;
const GIVE_UP = { on: 'no answer', clause: 'RFC 9293 §3.8.3' } as const;

const toClose = (from: TcpState, ...ways: readonly Pick<Transition, 'on' | 'clause'>[]): readonly Transition[] =>
  ways.map((way) => ({ from, to: 'CLOSE', ...way }));

/**
 * Every edge that a step may take. One step may take two: a segment that acknowledges our FIN and brings the other
 * side's goes from FIN_WAIT1 through FIN_WAIT2 to TIME_WAIT.
 */
export const TRANSITIONS: readonly Transition[] = [
  { from: 'CLOSE', to: 'LISTEN', on: 'passive OPEN', clause: 'RFC 9293 §3.10.1' },
  { from: 'CLOSE', to: 'SYN_SENT', on: 'active OPEN, snd SYN', clause: 'RFC 9293 §3.10.1' },

  { from: 'LISTEN', to: 'SYN_RECV', on: 'rcv SYN, snd SYN/ACK', clause: 'RFC 9293 §3.10.7.2' },
  { from: 'LISTEN', to: 'SYN_SENT', on: 'SEND, snd SYN', clause: 'RFC 9293 §3.10.2' },
  ...toClose('LISTEN', { on: 'CLOSE', clause: 'RFC 9293 §3.10.4' }, ABORT),

  { from: 'SYN_SENT', to: 'ESTABLISHED', on: 'rcv SYN/ACK, snd ACK', clause: 'RFC 9293 §3.10.7.3' },
  { from: 'SYN_SENT', to: 'SYN_RECV', on: 'rcv SYN, snd SYN/ACK', clause: 'RFC 9293 §3.10.7.3' },
  ...toClose(
    'SYN_SENT',
    { on: 'rcv RST', clause: 'RFC 9293 §3.10.7.3' },
    { on: 'CLOSE', clause: 'RFC 9293 §3.10.4' },
    ABORT,
    GIVE_UP,
  ),

  { from: 'SYN_RECV', to: 'ESTABLISHED', on: 'rcv ACK of SYN', clause: 'RFC 9293 §3.10.7.4' },
  { from: 'SYN_RECV', to: 'FIN_WAIT1', on: 'CLOSE, snd FIN', clause: 'RFC 9293 §3.10.4' },
  { from: 'SYN_RECV', to: 'LISTEN', on: 'rcv RST or SYN, was LISTEN', clause: 'RFC 9293 §3.10.7.4' },
  ...toClose('SYN_RECV', { on: 'rcv RST or SYN', clause: 'RFC 9293 §3.10.7.4' }, ABORT, GIVE_UP),

  { from: 'ESTABLISHED', to: 'FIN_WAIT1', on: 'CLOSE, snd FIN', clause: 'RFC 9293 §3.10.4' },
  { from: 'ESTABLISHED', to: 'CLOSE_WAIT', on: 'rcv FIN, snd ACK', clause: 'RFC 9293 §3.10.7.4' },
  ...toClose('ESTABLISHED', RESET, ABORT, GIVE_UP),

  { from: 'FIN_WAIT1', to: 'FIN_WAIT2', on: 'rcv ACK of FIN', clause: 'RFC 9293 §3.10.7.4' },
  { from: 'FIN_WAIT1', to: 'CLOSING', on: 'rcv FIN, snd ACK', clause: 'RFC 9293 §3.10.7.4' },
  ...toClose('FIN_WAIT1', RESET, ABORT, GIVE_UP),

  { from: 'FIN_WAIT2', to: 'TIME_WAIT', on: 'rcv FIN, snd ACK', clause: 'RFC 9293 §3.10.7.4' },
  ...toClose('FIN_WAIT2', RESET, ABORT, GIVE_UP),

  { from: 'CLOSE_WAIT', to: 'LAST_ACK', on: 'CLOSE, snd FIN', clause: 'RFC 9293 §3.10.4' },
  ...toClose('CLOSE_WAIT', RESET, ABORT, GIVE_UP),

  { from: 'CLOSING', to: 'TIME_WAIT', on: 'rcv ACK of FIN', clause: 'RFC 9293 §3.10.7.4' },
  ...toClose('CLOSING', RESET, ABORT, GIVE_UP),

  { from: 'LAST_ACK', to: 'CLOSE', on: 'rcv ACK of FIN', clause: 'RFC 9293 §3.10.7.4' },
  ...toClose('LAST_ACK', RESET, ABORT, GIVE_UP),

  { from: 'TIME_WAIT', to: 'CLOSE', on: '2MSL timeout', clause: 'RFC 9293 §3.10.8' },
  ...toClose('TIME_WAIT', RESET, ABORT),
];

/** The diagram as Mermaid text. */
export function stateDiagram(): string {
  const edges = TRANSITIONS.map(({ from, to, on, clause }) => `  ${from} --> ${to}: ${on} (${clause.slice(4)})`);
  return ['stateDiagram-v2', '  direction TB', '  [*] --> CLOSE', ...edges, ''].join('\n');
}
