/**
 * Whose events these are. A trace is the whole machine's, and two labs have the same addresses, so each packet's way in is
 * followed: its route is looked up (fib_table_lookup names the interface), and what the same processor does in the same
 * soft interrupt thereafter is about that packet. Only a lab's own interfaces have its numbers; of what comes in elsewhere
 * no look-up is told, so an event that cannot be about the packet ends it.
 */
import { type Arrival, arrivalOf, fieldsOf, flowOf, reversed } from './fields.js';
import type { TraceRecord } from './record.js';

export interface OwnedRecord {
  readonly record: TraceRecord;
  /** The packet that was being received; undefined in a process's own call, in a timer, and on the loopback. */
  readonly arrival: TimedArrival | undefined;
}

export interface TimedArrival extends Arrival {
  /** When its route was looked up. */
  readonly atMs: number;
}

/** A soft interrupt ends after 2 ms (MAX_SOFTIRQ_TIME of kernel/softirq.c); the rest is for what a hypervisor takes away. */
export const LONGEST_SOFTIRQ_MS = 10;

/** A socket's timer has run out: what follows is about no packet. */
const TIMER = 'timer_expire_entry';

const LOOKUPS = ['fib_table_lookup', 'fib6_table_lookup'];

/** What a processor is at, in one soft interrupt. */
interface Current {
  readonly pid: number;
  readonly atMs: number;
  /** Where it began with is lost: it may be anybody's. */
  readonly arrival: TimedArrival | 'unknown';
}

/** Follows what each processor is at; to be given all records in the order of time. */
export class Arrivals {
  readonly #processors = new Map<number, Current>();

  /** The record with the packet that it is about; undefined where that is not known, or it only tells what begins. */
  of(record: TraceRecord): OwnedRecord | undefined {
    const { cpu, pid, atMs, softirq, event, text, afterLoss } = record;
    if (LOOKUPS.includes(event)) {
      const arrival = arrivalOf(text);
      if (arrival === undefined) this.#processors.delete(cpu);
      else this.#processors.set(cpu, { pid, atMs, arrival: { ...arrival, atMs } });
      return undefined;
    }
    if (event === TIMER) {
      this.#processors.delete(cpu);
      return undefined;
    }
    if (afterLoss) this.#processors.set(cpu, { pid, atMs, arrival: 'unknown' });
    const current = this.#processors.get(cpu);
    if (current !== undefined && !lasts(current, record)) this.#processors.delete(cpu);
    const arrival = this.#processors.get(cpu)?.arrival;
    if (arrival === 'unknown') return undefined;
    // Let go; netfilter may have dropped what answers it.
    if (softirq && event === 'kfree_skb' && fieldsOf(text)['reason'] !== 'NETFILTER_DROP') this.#processors.delete(cpu);
    return { record, arrival };
  }
}

/** Whether the processor is still at the same. */
function lasts({ pid, atMs, arrival }: Current, record: TraceRecord): boolean {
  if (!record.softirq || record.pid !== pid || record.atMs - atMs > LONGEST_SOFTIRQ_MS) return false;
  return arrival === 'unknown' || mayConcern(record, arrival);
}

/** An event names the host that received the packet first, as far as it names any; a wrong checksum's names the sender. */
function mayConcern({ event, text }: TraceRecord, { src, dst }: Arrival): boolean {
  const flow = flowOf(fieldsOf(text));
  const { src: from = src, dst: to = dst } = event === 'tcp_bad_csum' ? flow : reversed(flow);
  return from === src && to === dst;
}
