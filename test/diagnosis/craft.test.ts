/** What is wrong with segments made by hand, and with their addresses: by whom it is said, of what, and when nothing is. */
import { describe, expect, test } from 'vitest';
import { diagnose, MOST_CONNECTIONS } from '../../src/diagnosis/diagnosis.js';
import { ADDRESS_IDS, CRAFT_IDS } from '../../src/diagnosis/finding.js';
import { ENDS } from '../../src/evidence/host.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { experimentRecording } from '../../src/evidence/recording.js';
import { byHand, CLIENT, HOSTS, KERNEL, sent, server, SYN, SYN_ACK } from '../support/by-hand.js';

const found = (packets: readonly ObservedPacket[], hosts = HOSTS) =>
  diagnose(experimentRecording({ hosts, packets, lookups: [] }));
const saidOf = (id: string, packets: readonly ObservedPacket[]) => found(packets).find((finding) => finding.id === id);
const CRAFT: readonly string[] = [...CRAFT_IDS, ...ADDRESS_IDS];
const faultsIn = (packets: readonly ObservedPacket[], hosts = HOSTS): readonly string[] =>
  found(packets, hosts)
    .map(({ id }) => id)
    .filter((id) => CRAFT.includes(id));

describe('acknowledgment numbers', () => {
  test.each([
    [7301, '1 too low'],
    [7303, '1 too high'],
    [0, '7302 too low'],
    [1001, '6301 too low'],
  ])('%i, where 7302 is right', (ack, words) => {
    const wrong = byHand(3, { flags: '.', seq: 1001, ack });
    const finding = saidOf('wrong-ack', [SYN, SYN_ACK, wrong]);
    expect(finding).toMatchObject({ certainty: 'seen', host: 'client', flow: CLIENT, source: 'RFC 9293 §3.4' });
    expect(finding?.meaning.en).toBe(`the ACK number is ${words}: ${ack}, where 7302 is right`);
    expect(finding?.at.map((moment) => moment.type === 'packet' && moment.packet)).toEqual([SYN_ACK, wrong]);
  });

  test.each([
    [0x12345678, 0x79563412],
    [0x12345678, 0x78563413],
    [0x12345678, 0x13345678],
  ])('the bytes in the wrong order: behind %i, %i', (seq, ack) => {
    const syn = server(2, { flags: 'S.', seq, ack: 1001 });
    const finding = saidOf('wrong-ack', [SYN, syn, byHand(3, { flags: '.', seq: 1001, ack })]);
    expect(finding?.meaning.en).toContain('the bytes of the ACK number are in the wrong order (htonl, ntohl)');
  });

  test('they go round: 4,294,967,295 acknowledges less than 0', () => {
    const syn = server(2, { flags: 'S.', seq: 4_294_967_295, ack: 1001 });
    const right = byHand(3, { flags: '.', seq: 1001, ack: 0 });
    expect(faultsIn([SYN, syn, right])).toEqual([]);
    const wrong = byHand(3, { flags: '.', seq: 1001, ack: 4_294_967_295 });
    expect(saidOf('wrong-ack', [SYN, syn, wrong])?.meaning.en).toContain('1 too low');
  });

  test('all that the other side has sent may be acknowledged, and less again', () => {
    const text = server(4, { flags: 'P.', seq: 7302, ack: 1001, payload: new Uint8Array(100) });
    const acks = [7302, 7352, 7402].map((ack, i) => byHand(5 + i, { flags: '.', seq: 1001, ack }));
    expect(faultsIn([SYN, SYN_ACK, text, ...acks])).toEqual([]);
    expect(faultsIn([SYN, SYN_ACK, text, byHand(5, { flags: '.', seq: 1001, ack: 7403 })])).toEqual(['wrong-ack']);
  });

  test('a RST is measured by other rules, and a kernel makes none wrong', () => {
    expect(faultsIn([SYN, SYN_ACK, byHand(3, { flags: 'R.', seq: 1001, ack: 5 })])).toEqual([]);
    expect(faultsIn([SYN, SYN_ACK, sent(3, 'client', KERNEL, { flags: '.', seq: 1001, ack: 5 })])).toEqual([]);
  });

  test('nothing is said where no SYN of the other side was seen', () => {
    expect(faultsIn([SYN, byHand(2, { flags: '.', seq: 1001, ack: 7 })])).toEqual([]);
  });
});

describe('sequence numbers', () => {
  test.each([
    [1000, '1 too low'],
    [1002, '1 too high'],
    [0, '1001 too low'],
  ])('%i behind a SYN of 1000', (seq, words) => {
    const finding = saidOf('wrong-seq', [SYN, SYN_ACK, byHand(3, { flags: '.', seq, ack: 7302 })]);
    expect(finding?.meaning.en).toBe(
      `the sequence number is ${words}: ${seq}, where what follows the SYN begins at 1001`,
    );
    expect(finding?.because?.en).toContain('Its own SYN has 1000');
  });

  test('what was sent before may come again, and what follows goes on behind it', () => {
    const text = (at: number, seq: number) => byHand(at, { flags: 'P.', seq, ack: 7302, payload: new Uint8Array(5) });
    expect(faultsIn([SYN, SYN_ACK, text(3, 1001), text(4, 1001), text(5, 1006)])).toEqual([]);
    expect(faultsIn([SYN, SYN_ACK, text(3, 1001), text(4, 1007)])).toEqual(['wrong-seq']);
  });

  test('a keep-alive has one less, from the first segment with a right number on', () => {
    const ack = byHand(3, { flags: '.', seq: 1001, ack: 7302 });
    const alive = byHand(4, { flags: '.', seq: 1000, ack: 7302 });
    expect(faultsIn([SYN, SYN_ACK, ack, alive])).toEqual([]);
    expect(faultsIn([SYN, SYN_ACK, alive])).toEqual(['wrong-seq']);
  });

  test('a gap is a fault as long as nothing fills it', () => {
    const text = (at: number, seq: number) => byHand(at, { flags: 'P.', seq, ack: 7302, payload: new Uint8Array(5) });
    const ack = byHand(3, { flags: '.', seq: 1001, ack: 7302 });
    expect(faultsIn([SYN, SYN_ACK, ack, text(4, 1006)])).toEqual(['wrong-seq']);
    expect(faultsIn([SYN, SYN_ACK, ack, text(4, 1006), text(5, 1001)])).toEqual([]);
    expect(faultsIn([SYN, SYN_ACK, ack, text(4, 1007), text(5, 1001)])).toEqual(['wrong-seq']);
  });

  test('the SYN again is no fault', () => {
    expect(faultsIn([SYN, byHand(2, { seq: 1000 }), server(3, { flags: 'S.', seq: 7301, ack: 1001 })])).toEqual([]);
  });
});

describe('checksums', () => {
  const damaged = byHand(1, { seq: 1000, checksum: 0x1234 });

  test('seen in the packet; proven where a kernel has thrown it away for that', () => {
    expect(saidOf('bad-checksum', [damaged])).toMatchObject({ certainty: 'seen', host: 'client', flow: CLIENT });
    const kernel = [{ atMs: 1.1, host: 'server', event: 'tcp_bad_csum', ...CLIENT } as const];
    const [finding] = diagnose(experimentRecording({ hosts: HOSTS, packets: [damaged], lookups: [], kernel })).filter(
      ({ id }) => id === 'bad-checksum',
    );
    expect(finding).toMatchObject({ certainty: 'proven', at: [{ type: 'packet' }, { type: 'event' }] });
  });

  test('what is damaged moves no number', () => {
    const text = byHand(3, { flags: 'P.', seq: 1001, ack: 7302, payload: new Uint8Array(5), checksum: 0x1234 });
    expect(faultsIn([SYN, SYN_ACK, text, byHand(4, { flags: '.', seq: 1006, ack: 7302 })])).toEqual([
      'bad-checksum',
      'wrong-seq',
    ]);
  });
});

test('the checksum of an IPv4 header: what has a wrong one moves no number either', () => {
  const damaged = byHand(3, { flags: 'P.', seq: 1001, ack: 7302, payload: new Uint8Array(5), ipChecksum: 1 });
  const next = byHand(4, { flags: '.', seq: 1006, ack: 7302 });
  expect(faultsIn([SYN, SYN_ACK, damaged, next])).toEqual(['bad-ip-checksum', 'wrong-seq']);
  expect(saidOf('bad-ip-checksum', [damaged])).toMatchObject({
    certainty: 'seen',
    host: 'client',
    source: 'RFC 791 §3.1',
  });
});

describe('segments of no connection', () => {
  const ack = byHand(1, { flags: '.', seq: 1001, ack: 1 });

  test.each(['.', 'F', 'FPU', ''])('%j without a SYN before it', (flags) => {
    const lonely = byHand(1, { flags, seq: 1001, ack: flags === '.' ? 1 : 0 });
    const finding = saidOf('no-syn', [lonely, server(2, { flags: 'R', seq: 1 })]);
    expect(finding).toMatchObject({ certainty: 'seen', host: 'client', flow: CLIENT });
    expect(finding?.because?.en).toContain('(here 42001)');
  });

  test('nothing is said of a RST, of a kernel, after a SYN of either side, or where it may have been before', () => {
    expect(faultsIn([byHand(1, { flags: 'R', seq: 1 })])).toEqual([]);
    expect(faultsIn([sent(1, 'client', KERNEL, { flags: '.', seq: 1, ack: 1 })])).toEqual([]);
    expect(faultsIn([server(0, { seq: 0 }), ack])).toEqual([]);
    expect(faultsIn([SYN, byHand(2, { flags: 'F', seq: 1001 })])).toEqual([]);
    expect(faultsIn([ack], [ENDS.client, ENDS.server])).toEqual([]);
  });

  test('nor where the other side answers otherwise than by RST: it has a connection', () => {
    expect(faultsIn([ack, server(2, { flags: 'P.', seq: 1, ack: 1001, payload: new Uint8Array(5) })])).toEqual([]);
    expect(faultsIn([ack, server(2, { flags: 'R', seq: 1 })])).toEqual(['no-syn']);
  });

  test('nor once connections were forgotten, for there were too many', () => {
    const many = Array.from({ length: MOST_CONNECTIONS + 1 }, (_, i) =>
      byHand(1, { seq: 1000, src: `10.0.${i >> 8}.${i & 255}` }),
    );
    expect(faultsIn([...many, ack], [{ ...ENDS.client, addresses: [] }, HOSTS[1] ?? ENDS.server])).not.toContain(
      'no-syn',
    );
  });
});

describe('addresses', () => {
  test('nobody has it: with the option that gives it to the server', () => {
    const [finding] = found([byHand(1, { seq: 1000, dst: '203.0.113.5' })]).filter(({ id }) => id === 'no-such-host');
    expect(finding?.meaning.en).toBe('nobody here has the address 203.0.113.5: the SYN goes nowhere');
    expect(finding?.advice).toBe('rawshake run --server-address 203.0.113.5:8888 -- …');
  });

  test('a source that is not its own: with the option that makes it so', () => {
    const [finding] = found([byHand(1, { seq: 1000, src: '10.0.0.5' })]).filter(({ id }) => id === 'foreign-source');
    expect(finding?.meaning.en).toContain('the SYN comes from 10.0.0.5, which is no address of this host');
    expect(finding?.advice).toBe('rawshake run --client-address 10.0.0.5 -- …');
  });

  test('nothing is said of one that hears its answer all the same, and of whoever stands behind the host', () => {
    const src = '10.0.0.5';
    const ack = byHand(3, { flags: '.', seq: 1001, ack: 7302, src });
    expect(
      faultsIn([byHand(1, { seq: 1000, src }), server(2, { flags: 'S.', seq: 7301, ack: 1001, dst: src }), ack]),
    ).toEqual([]);
    expect(faultsIn([{ ...byHand(1, { seq: 1000, src }), sender: 'forwarded' }])).toEqual([]);
  });

  test("a frame for another card than the other host's", () => {
    const finding = saidOf('wrong-link-address', [{ ...SYN, frameFor: 'ff:ff:ff:ff:ff:ff' }]);
    expect(finding?.meaning.en).toContain('the frame is for the Ethernet address ff:ff:ff:ff:ff:ff');
    expect(finding).toMatchObject({ certainty: 'seen', host: 'client', source: 'packet(7)' });
  });

  test.each(['127.0.0.1', '192.0.2.2'])('nothing is said of %s', (dst) => {
    expect(faultsIn([byHand(1, { seq: 1000, dst })])).toEqual([]);
  });

  test('where it is not known whose there are, nothing is said of any', () => {
    const hosts = [ENDS.client, ENDS.server];
    expect(faultsIn([byHand(1, { seq: 1000, src: '10.0.0.5', dst: '203.0.113.5' })], hosts)).toEqual([]);
  });
});

test("own-kernel-reset of a program's: a rule that needs no mark, and how late the ACK was", () => {
  const reset = sent(3, 'client', KERNEL, { flags: 'R', seq: 1001 });
  const late = byHand(15.3, { flags: '.', seq: 1001, ack: 7302 });
  const [finding] = found([SYN, SYN_ACK, reset, late, server(16, { flags: 'R', seq: 7302 })]);
  expect(finding).toMatchObject({ id: 'own-kernel-reset', host: 'client' });
  expect(finding?.because?.en).toContain('before the program has even read the packet');
  expect(finding?.because?.en).toContain('The ACK is right, and came 12 ms after the RST.');
  expect(finding?.advice).toBe(
    'iptables -t raw -I OUTPUT 1 -d 192.0.2.2 -p tcp -m tcp --dport 8888 --tcp-flags RST RST ' +
      '-m owner ! --uid-owner 0-4294967294 -m comment --comment rawshake:by-hand -j DROP',
  );
});
