/** Sockets that could not read, and connections that are there already; and what is said of how such a connection went. */
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnosis.js';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import type { Lookup } from '../../src/evidence/lookup.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { experimentRecording } from '../../src/evidence/recording.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { byHand, CLIENT, HOSTS, KERNEL, sent, server, SYN, SYN_ACK } from '../support/by-hand.js';

const found = (
  packets: readonly ObservedPacket[],
  { lookups = [], kernel = [] }: { lookups?: readonly Lookup[]; kernel?: readonly KernelEvent[] } = {},
) => diagnose(experimentRecording({ hosts: HOSTS, packets, lookups, kernel }));
const idsOf = (...given: Parameters<typeof found>): readonly string[] => found(...given).map(({ id }) => id);

const asked = (atMs: number, readers?: Lookup['readers']): Lookup => ({
  ...{ ...CLIENT, atMs, host: 'client', owner: 'none' },
  ...(readers !== undefined && { readers }),
});

describe('a SYN/ACK that nobody could read', () => {
  const dropped = {
    ...reverseFlow(CLIENT),
    atMs: 2.1,
    host: 'client',
    event: 'kfree_skb',
    reason: 'NETFILTER_DROP',
  } as const;

  test('no socket that could: likely, for one may have been closed by then', () => {
    const findings = found([SYN, SYN_ACK], { lookups: [asked(2.5, [])] });
    expect(findings).toMatchObject([
      { id: 'half-open' },
      { id: 'unread', certainty: 'likely', host: 'client', flow: CLIENT },
    ]);
    expect(findings[1]?.at).toMatchObject([{ type: 'packet' }, { type: 'lookup' }]);
  });

  test('raw sockets alone, and a filter of their host drops what comes in: proven, with the rule that does not', () => {
    const findings = found([SYN, SYN_ACK], { lookups: [asked(2.5, ['raw'])], kernel: [dropped] });
    expect(findings).toMatchObject([{ id: 'half-open' }, { id: 'unread', certainty: 'proven' }]);
    expect(findings[1]?.advice).toMatch(/^iptables -t raw -I OUTPUT .* --dport 8888 /);
  });

  test('the same where no kernel is heard, by the counter of the rule: likely', () => {
    const recording = experimentRecording({ hosts: HOSTS, packets: [SYN, SYN_ACK], lookups: [asked(2.5, ['raw'])] });
    const findings = diagnose({ ...recording, ending: { dropsArrivals: true } });
    expect(findings).toMatchObject([{ id: 'half-open' }, { id: 'unread', certainty: 'likely' }]);
  });

  test('nothing is said where one could, where there were none, where it was acknowledged, and of other drops', () => {
    const ack = byHand(3, { flags: '.', seq: 1001, ack: 7302 });
    const own = { ...dropped, ...CLIENT };
    expect(idsOf([SYN, SYN_ACK], { lookups: [asked(2.5, ['raw'])] })).toEqual(['half-open']);
    expect(idsOf([SYN, SYN_ACK], { lookups: [asked(2.4, []), asked(2.5, ['packet'])] })).toEqual(['half-open']);
    expect(idsOf([SYN, SYN_ACK], { lookups: [asked(2.5)], kernel: [dropped] })).toEqual(['half-open']);
    expect(idsOf([SYN, SYN_ACK], { lookups: [asked(2.5, ['raw'])], kernel: [own] })).toEqual(['half-open']);
    expect(idsOf([SYN, SYN_ACK], { lookups: [asked(2.5, ['raw', 'packet'])], kernel: [dropped] })).toEqual([
      'half-open',
    ]);
    expect(idsOf([SYN, SYN_ACK, ack], { lookups: [asked(2.5, [])] })).not.toContain('unread');
  });

  test('nor is its kernel said to have been faster than a program that may not have read at all', () => {
    const [reset] = found([SYN, SYN_ACK, sent(3, 'client', KERNEL, { flags: 'R', seq: 1001 })]);
    expect(reset?.because?.en).not.toContain('gets a copy');
    expect(reset?.because?.en).toContain('No ACK was sent.');
  });
});

describe('a connection that is there already', () => {
  const challenge = server(2, { flags: '.', seq: 500, ack: 900 });

  test('a bare ACK answers the SYN', () => {
    const findings = found([SYN, challenge]);
    expect(findings).toMatchObject([
      { id: 'no-answer' },
      { id: 'in-use', certainty: 'seen', flow: CLIENT, source: 'RFC 5961 §4.2' },
    ]);
    expect(findings[0]?.meaning.en).toBe('NO SYN/ACK: an ACK alone came back');
    expect(findings[1]?.at.map(({ ms }) => ms)).toEqual([0, 1]);
  });

  test("nothing is said where the answer was another, or the SYN a kernel's", () => {
    const ack = server(3, { flags: '.', seq: 7302, ack: 1001 });
    expect(idsOf([SYN, SYN_ACK, byHand(2.5, { flags: '.', seq: 1001, ack: 7302 }), ack])).toEqual(['established']);
    expect(idsOf([sent(1, 'client', KERNEL, { seq: 1000 }), challenge])).toEqual(['no-answer']);
  });
});

test('a server by hand whose SYN/ACK nobody acknowledges', () => {
  const packets = [server(1, { seq: 7000 }), byHand(2, { flags: 'S.', seq: 100, ack: 7001 })];
  expect(found(packets)).toMatchObject([{ id: 'half-open', host: 'client' }]);
  expect(found([...packets, server(3, { flags: '.', seq: 7001, ack: 101 })])).toMatchObject([{ id: 'established' }]);
});

test('a program that resets what it had established', () => {
  const ack = byHand(3, { flags: '.', seq: 1001, ack: 7302 });
  const [finding] = found([SYN, SYN_ACK, ack, byHand(4, { flags: 'R.', seq: 1001, ack: 7302 })]);
  expect(finding).toMatchObject({
    id: 'aborted',
    meaning: { en: 'ESTABLISHED, and then reset by the program itself' },
  });
});
