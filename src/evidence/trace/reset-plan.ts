/** What is asked of a kernel's trace where only RSTs are of interest, for as long as anybody likes: little, and most of it can be left off. */
import type { Text } from '../../error.js';
import { parseFormat } from './format.js';
import type { TraceWrite } from './plan.js';

/**
 * The instances: RSTs that TCP makes; small packets that leave, with the way in which they were made, for a rule's RST, or a
 * program's, is told by that alone; segments that a rule drops. Each with the call stack of its events.
 */
export const RESET_INSTANCES = ['resets', 'makers', 'drops'] as const;

export type ResetInstance = (typeof RESET_INSTANCES)[number];

export interface ResetPlan {
  readonly writes: Readonly<Partial<Record<ResetInstance, readonly TraceWrite[]>>>;
  readonly missing: readonly Text[];
}

/** A RST without options, behind an Ethernet header: longer than that only a socket's own are, and a program's. */
export const BARE_RESET_BYTES = { 4: 54, 6: 74 } as const;

const BUFFER: TraceWrite = { file: 'buffer_size_kb', text: '512' };
/** The clock by which packets are stamped, but for whole seconds: told since Linux 6.1. */
const CLOCK: TraceWrite = { file: 'trace_clock', text: 'tai', otherwise: 'mono' };
const STACKS: TraceWrite = { file: 'options/stacktrace', text: '1' };

/** `formatOf('tcp/tcp_send_reset')`: the text of that event's `format` file; undefined where the kernel has no such event. */
export function planResetTrace(formatOf: (event: string) => string | undefined): ResetPlan {
  const missing: Text[] = [];
  const writes: Partial<Record<ResetInstance, readonly TraceWrite[]>> = {};
  const reset = formatOf('tcp/tcp_send_reset');
  if (reset === undefined || !parseFormat(reset).fields.has('reason')) missing.push(LACKS.reasons);
  if (reset !== undefined) writes.resets = [BUFFER, CLOCK, STACKS, enable('tcp/tcp_send_reset')];
  if (formatOf('net/net_dev_start_xmit') === undefined) missing.push(LACKS.makers);
  else
    writes.makers = [
      ...[BUFFER, CLOCK, STACKS, filter('net/net_dev_start_xmit', BARE_RESETS)],
      enable('net/net_dev_start_xmit'),
    ];
  const drop = formatOf('skb/kfree_skb');
  const byRule = drop === undefined ? undefined : parseFormat(drop).reasons.get('NETFILTER_DROP');
  if (byRule === undefined) missing.push(LACKS.drops);
  else
    writes.drops = [
      ...[BUFFER, CLOCK, filter('skb/kfree_skb', `reason == ${String(byRule)}`)],
      enable('skb/kfree_skb'),
    ];
  return { writes, missing };
}

const BARE_RESETS = `(protocol == 0x800 && len <= ${BARE_RESET_BYTES[4]}) || (protocol == 0x86dd && len <= ${BARE_RESET_BYTES[6]})`;

const filter = (event: string, text: string): TraceWrite => ({ file: `events/${event}/filter`, text });
const enable = (event: string): TraceWrite => ({ file: `events/${event}/enable`, text: '1' });

const LACKS = {
  reasons: {
    en: 'why the kernel sends a RST (tcp_send_reset tells since Linux 6.10)',
    zh: '内核为何发出 RST（tcp_send_reset 自 Linux 6.10 起才说明）',
  },
  makers: {
    en: "whether a rule or a program has made a RST that is not TCP's own (net_dev_start_xmit)",
    zh: '不是 TCP 自己发出的 RST 出自规则还是程序（net_dev_start_xmit）',
  },
  drops: {
    en: 'which segments a firewall drops (kfree_skb tells since Linux 5.17)',
    zh: '防火墙丢弃了哪些报文段（kfree_skb 自 Linux 5.17 起才说明）',
  },
} as const satisfies Record<string, Text>;
