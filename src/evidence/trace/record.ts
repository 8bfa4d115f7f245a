/** One line of the kernel's trace, not yet understood. Documentation/trace/ftrace.rst, "Trace file format". */

export interface TraceRecord {
  /** Monotonic milliseconds, to the microsecond. */
  readonly atMs: number;
  readonly cpu: number;
  /** The process in whose context it happened: whoever was running, where a packet was received. */
  readonly pid: number;
  readonly program: string;
  /** It happened while the kernel served a soft interrupt: a packet received, or a timer. */
  readonly softirq: boolean;
  /** What happened on this processor just before is not known: the buffer had no room for it. */
  readonly afterLoss: boolean;
  /** `tcp_send_reset`; of a system call `sys_bind`. */
  readonly event: string;
  /** What the event printed. */
  readonly text: string;
  /** Which socket changes its state, where that is known: no two have the same number, be it one after the other. */
  readonly socket?: number;
  /** The functions on the stack, the innermost first; empty where none was asked for. */
  readonly stack: readonly string[];
}
