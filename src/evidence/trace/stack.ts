/** A call stack as the trace prints it, without what only the tracing itself has put there. */
import { functionOf } from './fields.js';

const OF_THE_TRACING = /^(trace_event_|__traceiter_|__?perf_trace|__?do_trace|event_trigger|stacktrace_)/;

/** Function names, the innermost first, from the function that reported the event. */
export const stackOf = (frames: readonly string[]): readonly string[] =>
  frames.filter((frame) => !OF_THE_TRACING.test(frame)).flatMap((frame) => functionOf(frame) ?? []);

const SENDS_RESET = /_send_(active_)?reset$/;

/** Of a RST's stack: who had it sent. */
export const resetCaller = (stack: readonly string[]): string | undefined =>
  stack.find((frame) => !SENDS_RESET.test(frame));
