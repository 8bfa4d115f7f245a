/** What is asked of a kernel's trace: which of its events, filtered how, and what this kernel cannot tell. */
import type { Text } from '../../error.js';
import { ALL_SOCKET_CALLS } from './calls.js';
import { type EventFormat, parseFormat } from './format.js';

export interface TraceWrite {
  /** Below the trace instance. */
  readonly file: string;
  readonly text: string;
  /** What is written where the kernel refuses `text`. */
  readonly otherwise?: string | undefined;
}

export interface TracePlan {
  /** In this order. */
  readonly writes: readonly TraceWrite[];
  /** Nothing is missing where it is empty. */
  readonly missing: readonly Text[];
}

export interface TraceScope {
  /**
   * Sockets with one of these ports, at either end; left out: all, which on a machine with many connections is much.
   * What has no socket is told of in any case.
   */
  readonly ports?: readonly number[];
}

/** Interface numbers from here on are those of labs: by them the trace tells through which link a packet came. */
export const FIRST_LAB_LINK = 100_000;

const CLOCK: TraceWrite = { file: 'trace_clock', text: 'mono' };

/** The drops that tell something of a TCP segment's fate; others are nobody's business here. */
const isTelling = (reason: string): boolean =>
  reason.startsWith('TCP_') || reason === 'NO_SOCKET' || reason === 'NETFILTER_DROP';

/** `formatOf('tcp/tcp_send_reset')`: the text of that event's `format` file; undefined where the kernel has no such event. */
export function planTrace(formatOf: (event: string) => string | undefined, { ports }: TraceScope = {}): TracePlan {
  const writes: TraceWrite[] = [CLOCK];
  const missing: Text[] = [];
  const format = (event: string): EventFormat | undefined => {
    const text = formatOf(event);
    return text === undefined ? undefined : parseFormat(text);
  };
  const enable = (event: string, filter?: string, otherwise?: string): void => {
    if (filter !== undefined) writes.push({ file: `events/${event}/filter`, text: filter, otherwise });
    writes.push({ file: `events/${event}/enable`, text: '1' });
  };
  const enableIfThere = (event: string, lack: Text, filter?: string): void => {
    if (format(event) === undefined) missing.push(lack);
    else enable(event, filter);
  };

  const reset = format('tcp/tcp_send_reset');
  const resetTellsAll = reset?.fields.has('reason') === true;
  if (!resetTellsAll) missing.push(LACKS.resetReason);
  const drop = format('skb/kfree_skb');
  const dropTells = drop?.fields.has('reason') === true;
  if (!dropTells) missing.push(LACKS.dropReason);

  // One stack is enough, and each costs a grace period in the end: that of the RST, else that of the segment it answers.
  if (resetTellsAll) writes.push({ file: 'events/tcp/tcp_send_reset/trigger', text: 'stacktrace' });
  else if (dropTells && drop.reasons.has('NO_SOCKET'))
    writes.push({
      file: 'events/skb/kfree_skb/trigger',
      text: `stacktrace if reason == ${String(drop.reasons.get('NO_SOCKET'))}`,
    });

  if (reset !== undefined) enable('tcp/tcp_send_reset');
  if (dropTells) enable('skb/kfree_skb', dropFilter(drop, NOT_UDP), dropFilter(drop));
  enableIfThere('sock/inet_sock_set_state', LACKS.states, stateFilter(ports));
  enableIfThere('tcp/tcp_bad_csum', LACKS.badChecksum);
  enableIfThere('tcp/tcp_retransmit_skb', LACKS.retransmissions, portFilter(ports));
  enableIfThere('tcp/tcp_retransmit_synack', LACKS.retransmissions, portFilter(ports));
  enableIfThere('tcp/tcp_receive_reset', LACKS.receivedResets, portFilter(ports));
  const links = `iif >= ${String(FIRST_LAB_LINK)}`;
  enableIfThere('fib/fib_table_lookup', LACKS.links, links);
  if (format('fib6/fib6_table_lookup') !== undefined) enable('fib6/fib6_table_lookup', links);
  if (format('timer/timer_expire_entry') !== undefined) enable('timer/timer_expire_entry', TCP_TIMERS, 'now == 0');
  if (formatOf('syscalls/sys_enter_socket') === undefined) missing.push(LACKS.calls);
  return { writes, missing: [...new Set(missing)] };
}

/** For a second instance, which tells the sockets of the state changes: see `socket-identity.ts`. */
export const planSocketTrace = ({ ports }: TraceScope = {}): readonly TraceWrite[] => [
  CLOCK,
  { file: FIELDS_OPTION, text: '1' },
  { file: 'events/sock/inet_sock_set_state/filter', text: stateFilter(ports) },
  { file: 'events/sock/inet_sock_set_state/enable', text: '1' },
];

/** For an instance of the calls that a thread's children make, and theirs; undefined where the kernel does not tell of calls. */
export function callTracePlan(
  formatOf: (event: string) => string | undefined,
  thread: number,
): readonly TraceWrite[] | undefined {
  const events = ALL_SOCKET_CALLS.flatMap((call) =>
    ['enter', 'exit'].map((side) => `syscalls/sys_${side}_${call}`).filter((event) => formatOf(event) !== undefined),
  );
  if (events.length === 0) return undefined;
  return [
    CLOCK,
    { file: 'options/event-fork', text: '1' },
    { file: 'set_event_pid', text: String(thread) },
    ...events.map((event) => ({ file: `events/${event}/enable`, text: '1' })),
  ];
}

/** A file below tracefs as below each instance. */
export const FIELDS_OPTION = 'options/fields';

export const NO_SOCKETS_TOLD: Text = {
  en: 'state changes by a timer (whose socket it is, an instance tells since Linux 6.4)',
  zh: '定时器引起的状态变化（属于哪个套接字，自 Linux 6.4 起才能得知）',
};

/** Where the kernel knows no functions in filters, none at all, for the machine's others are many. */
const TCP_TIMERS = ['tcp_write_timer', 'tcp_keepalive_timer']
  .map((name) => `function.function == ${name}`)
  .join(' || ');

/**
 * Any user makes as many datagrams for nobody as he likes. The kernel knows functions in filters since Linux 6.3, and the
 * latter only where it has IPv6.
 */
const NOT_UDP = ' && location.function != __udp4_lib_rcv && location.function != __udp6_lib_rcv';

function dropFilter({ reasons }: EventFormat, ofNoSocket = ''): string | undefined {
  const tests = [...reasons].flatMap(([name, number]) =>
    isTelling(name) ? [`reason == ${String(number)}${name === 'NO_SOCKET' ? ofNoSocket : ''}`] : [],
  );
  return tests.length === 0 ? undefined : tests.join(' || ');
}

const stateFilter = (ports: readonly number[] | undefined): string => and('protocol == 6', portFilter(ports));

const portFilter = (ports: readonly number[] | undefined): string | undefined =>
  ports?.flatMap((port) => [`sport == ${String(port)}`, `dport == ${String(port)}`]).join(' || ');

const and = (first: string, second: string | undefined): string =>
  second === undefined ? first : `${first} && (${second})`;

const LACKS = {
  resetReason: {
    en: 'why a RST is sent where no socket is (tcp_send_reset tells since Linux 6.10)',
    zh: '没有套接字时为何发出 RST（tcp_send_reset 自 Linux 6.10 起才说明）',
  },
  dropReason: {
    en: 'why a packet is dropped (kfree_skb tells since Linux 5.17)',
    zh: '数据包为何被丢弃（kfree_skb 自 Linux 5.17 起才说明）',
  },
  states: { en: 'state changes (inet_sock_set_state)', zh: '状态变化（inet_sock_set_state）' },
  badChecksum: {
    en: 'segments with a wrong checksum (tcp_bad_csum, since Linux 6.3)',
    zh: '校验和错误的报文段（tcp_bad_csum，自 Linux 6.3 起）',
  },
  retransmissions: {
    en: 'retransmissions (tcp_retransmit_skb, tcp_retransmit_synack)',
    zh: '重传（tcp_retransmit_skb、tcp_retransmit_synack）',
  },
  receivedResets: { en: 'RSTs received (tcp_receive_reset)', zh: '收到的 RST（tcp_receive_reset）' },
  calls: {
    en: 'system calls (this kernel was built without CONFIG_FTRACE_SYSCALLS)',
    zh: '系统调用（此内核未启用 CONFIG_FTRACE_SYSCALLS）',
  },
  links: {
    en: 'through which link a packet came (fib_table_lookup): two labs at once cannot be told apart',
    zh: '数据包来自哪条链路（fib_table_lookup）：无法区分同时运行的两个实验环境',
  },
} as const satisfies Record<string, Text>;
