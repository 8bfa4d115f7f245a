/** Which event belongs to which packet. */
import { describe, expect, test } from 'vitest';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import { eventsOfPackets } from '../../src/report/events-of-packets.js';
import { observed } from '../support/evidence.js';
import { RUN } from '../support/experiment-evidence.js';

/** Indices of the packets that have events, and which. */
const joined = (kernel: readonly KernelEvent[], packets = RUN.packets): (readonly [number, ...string[]])[] =>
  [...eventsOfPackets(packets, kernel)].map(([packet, events]) => [
    RUN.packets.indexOf(packet),
    ...events.map(({ event }) => event),
  ]);

describe('an event belongs', () => {
  test('to the segment that the kernel dealt with; a reset to the RST', () => {
    expect(joined(RUN.kernel)).toEqual([
      [2, 'tcp_bad_csum'],
      [4, 'tcp_send_reset'],
      // it knows no flow: by host and time alone
      [3, 'kfree_skb'],
    ]);
  });

  test('of a RST that never left: to the segment that it answers', () => {
    const withoutReset = RUN.packets.filter((_, i) => i !== 4);
    expect(joined(RUN.kernel.slice(1, 2), withoutReset)).toEqual([[3, 'tcp_send_reset']]);
  });

  test('of what is sent again: to what leaves next', () => {
    const event: KernelEvent = {
      atMs: 50.03,
      host: 'server',
      event: 'tcp_retransmit_synack',
      srcPort: 8888,
      dstPort: 41000,
    };
    expect(joined([event])).toEqual([[1, 'tcp_retransmit_synack']]);
  });

  test('of a state: to the segment that brought it about, sent or received', () => {
    const change = { event: 'inet_sock_set_state', host: 'client', srcPort: 44600, dstPort: 44600 } as const;
    const sent: KernelEvent = { ...change, atMs: 69.99, oldState: 'CLOSE', newState: 'SYN_SENT' };
    const received: KernelEvent = { ...change, atMs: 70.02, oldState: 'SYN_SENT', newState: 'SYN_RECV' };
    expect(joined([sent, received])).toEqual([[5, 'inet_sock_set_state', 'inet_sock_set_state']]);
    expect(joined([{ ...sent, newState: 'SYN_RECV' }])).toEqual([[5, 'inet_sock_set_state']]); // within the clocks' slack
    expect(joined([{ ...sent, atMs: 69, newState: 'SYN_RECV' }])).toEqual([]);
  });

  test.each([
    ['SYN_SENT', 'sends'],
    ['FIN_WAIT1', 'sends'],
    ['LAST_ACK', 'sends'],
    ['CLOSE_WAIT', 'receives'],
    ['ESTABLISHED', 'receives'],
    ['TIME_WAIT', 'receives'],
  ] as const)('of %s: to what the host %s', (newState, how) => {
    const [received, sent] = [observed(1, 'server', 'kernel', '.'), observed(3, 'client', 'kernel', 'F.')];
    const event: KernelEvent = {
      atMs: 1002,
      host: 'client',
      event: 'inet_sock_set_state',
      oldState: 'ESTABLISHED',
      newState,
    };
    const atMs = (received.at + sent.at) / 2;
    expect([...eventsOfPackets([received, sent], [{ ...event, atMs }]).keys()]).toEqual([
      how === 'sends' ? sent : received,
    ]);
  });

  test('of a flow that has no packet: to none', () => {
    expect(joined([{ atMs: 61, host: 'server', event: 'kfree_skb', srcPort: 1, dstPort: 2 }])).toEqual([]);
  });

  test('of a host that had no part in it: to none', () => {
    const lonely = RUN.packets.slice(-1); // the client talks to itself
    expect(joined([{ atMs: 71, host: 'server', event: 'kfree_skb' }], lonely)).toEqual([]);
  });
});
