/** What is read from kernel events, by kernels of different age. */
import { describe, expect, test } from 'vitest';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import { dropReasons, resetPath, resetReasons } from '../../src/lab/bench/kernel-words.js';

const at = (event: Partial<KernelEvent>): KernelEvent => ({ atMs: 0, host: 'server', event: 'kfree_skb', ...event });
const hearing = (...events: readonly Partial<KernelEvent>[]) => ({
  family: 4 as const,
  kernelEvents: () => events.map(at),
});
const deaf = { family: 4 as const, kernelEvents: () => undefined };

describe('the reasons of RSTs', () => {
  test('each once, of this host only', () => {
    const bench = hearing(
      { event: 'tcp_send_reset', reason: 'NO_SOCKET' },
      { event: 'tcp_send_reset', reason: 'NO_SOCKET' },
      { event: 'tcp_send_reset', reason: 'TCP_FLAGS', host: 'client' },
      { reason: 'TCP_CSUM' },
    );
    expect(resetReasons(bench, 'server')).toEqual(['NO_SOCKET']);
  });

  test('from the segment that was thrown away, where the RST gives none', () => {
    expect(resetReasons(hearing({ event: 'tcp_send_reset' }, { reason: 'NO_SOCKET' }), 'server')).toEqual([
      'NO_SOCKET',
    ]);
  });

  test('none are told where nothing is heard', () => {
    expect(resetReasons(deaf, 'server')).toBeUndefined();
    expect(resetReasons(hearing({ event: 'tcp_send_reset' }), 'server')).toBeUndefined();
    expect(dropReasons(deaf, 'server')).toBeUndefined();
    expect(resetPath(deaf, 'server')).toBeUndefined();
  });
});

test('reasons of what was thrown away: one for each', () => {
  const bench = hearing({ reason: 'TCP_CSUM' }, { reason: 'TCP_CSUM' }, { reason: 'NO_SOCKET', host: 'client' });
  expect(dropReasons(bench, 'server')).toEqual(['TCP_CSUM', 'TCP_CSUM']);
});

test('the path of a RST, without what the compiler adds to the names', () => {
  const stack = ['tcp_v4_send_reset.isra.0', 'tcp_v4_rcv', 'ip_protocol_deliver_rcu'];
  expect(resetPath(hearing({ event: 'tcp_send_reset', stack }), 'server')).toEqual(['tcp_v4_send_reset', 'tcp_v4_rcv']);
});
