/**
 * Which socket a state change is of. inet_sock_set_state knows the socket's address and does not print it, unless an
 * instance has `options/fields` on (Linux 6.4), which in turn prints no IPv6 addresses: so a second one does.
 */
import { fieldsOf } from './fields.js';
import type { TraceRecord } from './record.js';

/** <net/tcp_states.h> */
const STATES = [
  ...['', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT'],
  ...['LAST_ACK', 'LISTEN', 'CLOSING', 'NEW_SYN_RECV'],
].map((name) => `TCP_${name}`);

/** From one instance's record of an event to the other's. */
export const SAME_EVENT_MS = 0.1;

/** Gives the state changes among `records` their sockets' numbers, by what the other instance says of the same events. */
export function withSockets(records: readonly TraceRecord[], fields: readonly TraceRecord[]): readonly TraceRecord[] {
  const sockets = new SocketNumbers();
  sockets.hear(fields);
  return records.map((record) => sockets.numbered(record));
}

/** The same piece by piece: each record in the order of time, once the other instance has been heard until `SAME_EVENT_MS` behind it. */
export class SocketNumbers {
  /** By the addresses of those that live. */
  readonly #numbers = new Map<string, number>();
  #count = 0;
  readonly #said = new Map<string, { readonly atMs: number; readonly socket: number }[]>();

  /** What the other instance says. */
  hear(fields: readonly TraceRecord[]): void {
    for (const record of fields) {
      // What ended a socket may be what was lost, and its address be another's by now.
      if (record.afterLoss) this.#numbers.clear();
      const { skaddr, oldstate, newstate, sport, dport } = fieldsOf(record.text);
      if (skaddr === undefined) continue;
      const socket = this.#numbers.get(skaddr) ?? ++this.#count;
      const newState = STATES[Number(newstate)];
      if (newState === 'TCP_CLOSE') this.#numbers.delete(skaddr);
      else this.#numbers.set(skaddr, socket);
      const key = keyOf(record, STATES[Number(oldstate)], newState, Number(sport), Number(dport));
      const sayings = this.#said.get(key) ?? [];
      sayings.push({ atMs: record.atMs, socket });
      this.#said.set(key, sayings);
    }
  }

  numbered(record: TraceRecord): TraceRecord {
    if (record.event !== 'inet_sock_set_state') return record;
    const { oldstate, newstate, sport, dport } = fieldsOf(record.text);
    const all = this.#said.get(keyOf(record, oldstate, newstate, Number(sport), Number(dport))) ?? [];
    // Both tell a processor's events in the order in which they happened.
    while ((all[0]?.atMs ?? Infinity) < record.atMs - SAME_EVENT_MS) all.shift();
    if ((all[0]?.atMs ?? Infinity) > record.atMs + SAME_EVENT_MS) return record;
    const socket = all.shift()?.socket;
    return socket === undefined ? record : { ...record, socket };
  }
}

const keyOf = ({ cpu, pid, softirq }: TraceRecord, ...rest: readonly (string | number | undefined)[]): string =>
  [cpu, pid, softirq, ...rest].join(' ');
