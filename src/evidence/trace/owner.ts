/**
 * Whose events these are. A trace is the whole machine's, and two labs have the same addresses, so each packet's way in is
 * followed: its route is looked up (fib_table_lookup names the interface), and what the same processor does in the same
 * soft interrupt thereafter is about that packet. Only a lab's own interfaces have its numbers.
 */
import { type Arrival, arrivalOf } from './fields.js';
import type { TraceRecord } from './record.js';

export interface OwnedRecord {
  readonly record: TraceRecord;
  /** The packet that was being received; undefined in a process's own call, in a timer, and on the loopback. */
  readonly arrival: Arrival | undefined;
}

const LOOKUPS = ['fib_table_lookup', 'fib6_table_lookup'];

interface CurrentArrival extends Arrival {
  readonly pid: number;
}

/** All records but the look-ups themselves, each with the packet that it is about. */
export function withArrivals(records: readonly TraceRecord[]): readonly OwnedRecord[] {
  const current = new Map<number, CurrentArrival>();
  return records.flatMap((record): OwnedRecord[] => {
    const { cpu, pid, softirq, event, text } = record;
    if (LOOKUPS.includes(event)) {
      const arrival = arrivalOf(text);
      if (arrival === undefined) current.delete(cpu);
      else current.set(cpu, { ...arrival, pid });
      return [];
    }
    // The soft interrupt is over once the processor does something else.
    if (!softirq || current.get(cpu)?.pid !== pid) current.delete(cpu);
    return [{ record, arrival: current.get(cpu) }];
  });
}
