/**
 * The system calls about sockets of whatever runs in an enclosure, in a trace instance of its own: the kernel adds to it whom the
 * enclosure's thread starts, and whom these start. Documentation/trace/ftrace.rst, "set_event_pid", "event-fork".
 */
import type { Text } from '../../error.js';
import type { SystemCall } from '../../evidence/kernel-event.js';
import type { Missing } from '../../evidence/missing.js';
import { socketCallsOfAll } from '../../evidence/trace/calls.js';
import { callTracePlan } from '../../evidence/trace/plan.js';
import { monotonicNow } from '../libc/clock.js';
import { errnoName } from '../libc/libc.js';
import { isInitial } from '../process/pid-namespaces.js';
import { ownOwner } from '../../filter/owner.js';
import { TraceGuard } from './trace-guard.js';
import { TracePipe } from './trace-pipe.js';
import { eventFormat, findTracefs, newInstance } from './tracefs.js';

export interface CallTrace {
  /** Those up to now, in the order in which they were entered, and what of them is missing. */
  read(): { readonly calls: readonly SystemCall[]; readonly missing: readonly Missing[] };
  /** Idempotent. The instance goes in the background, as it does when this process dies. */
  close(): void;
}

/** Of more nobody reads; a loop makes a hundred thousand a second. */
const MOST_CALLS = 10_000;

/**
 * From now on. Waits until it traces; where it cannot be had, `read` says why.
 * @param thread whose children are traced, and theirs
 */
export function openCallTrace(thread: number): CallTrace {
  const tracefs = findTracefs();
  if ('missing' in tracefs) return without(tracefs.missing);
  if (!isInitial(ownOwner().pidNamespace)) return without(OTHER_IDS);
  const writes = callTracePlan((event) => eventFormat(tracefs.folder, event), thread);
  if (writes === undefined) return without(NOT_IN_KERNEL);
  const folder = newInstance(tracefs.folder);
  const guard = new TraceGuard([{ folder, writes }], []);
  const failure = guard.failure();
  if (failure !== undefined) {
    guard.close();
    return without(failure);
  }
  const pipe = new TracePipe(folder);
  pipe.open();
  const fromMs = monotonicNow();
  let isOpen = true;
  return {
    read: () => {
      const all = socketCallsOfAll(pipe.read(fromMs, monotonicNow()), thread);
      const missing = [
        ...(pipe.lostSince(fromMs) ? [LOST] : []),
        ...(all.length > MOST_CALLS ? [tooMany(all.length - MOST_CALLS)] : []),
      ];
      return { calls: all.slice(0, MOST_CALLS).map(withError), missing };
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      pipe.close();
      guard.close();
    },
  };
}

const withError = (call: SystemCall): SystemCall =>
  call.result !== undefined && call.result < 0 ? { ...call, error: errnoName(-call.result) } : call;

const without = ({ en, zh }: Text): CallTrace => ({
  read: () => ({ calls: [], missing: [{ en: `system calls (${en})`, zh: `系统调用（${zh}）` }] }),
  close: () => undefined,
});

const OTHER_IDS: Text = {
  en: 'in a container the trace counts processes by other ids',
  zh: '在容器中，跟踪使用另外的进程号',
};
const NOT_IN_KERNEL: Text = {
  en: 'this kernel was built without CONFIG_FTRACE_SYSCALLS',
  zh: '此内核未启用 CONFIG_FTRACE_SYSCALLS',
};
const LOST: Text = {
  en: 'system calls that were lost, for there were too many at once',
  zh: '因一时过多而丢失的系统调用',
};
const tooMany = (count: number): Text => ({
  en: `${String(count)} system calls more`,
  zh: `另外 ${String(count)} 次系统调用`,
});
