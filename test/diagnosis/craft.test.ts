/** What is wrong with segments made by hand, and with their addresses: by whom it is said, of what, and when nothing is. */
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnosis.js';
import { ENDS, type Host } from '../../src/evidence/host.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { experimentRecording } from '../../src/evidence/recording.js';
import { millis } from '../../src/tcp/index.js';
import { emitPacket, parsePacket, type TcpInit } from '../../src/wire/index.js';

const CLIENT = { src: '192.0.2.1', srcPort: 42001, dst: '192.0.2.2', dstPort: 8888 };
const SERVER = { src: CLIENT.dst, srcPort: CLIENT.dstPort, dst: CLIENT.src, dstPort: CLIENT.srcPort };
const RAW = { sender: 'program', program: { socket: 'raw', name: 'python3' } } as const;
const KERNEL = { sender: 'kernel' } as const;

const HOSTS: readonly Host[] = [
  { ...ENDS.client, addresses: ['192.0.2.1'] },
  { ...ENDS.server, addresses: ['192.0.2.2'] },
];

type Sent = Partial<TcpInit> & { readonly src?: string; readonly dst?: string };

function sent(at: number, from: 'client' | 'server', who: typeof RAW | typeof KERNEL, init: Sent): ObservedPacket {
  const { src, dst, ...tcp } = init;
  const flow = from === 'client' ? CLIENT : SERVER;
  const ip = { version: 4, src: src ?? flow.src, dst: dst ?? flow.dst } as const;
  const parsed = parsePacket(
    emitPacket({ ip, tcp: { flags: 'S', ...tcp, srcPort: flow.srcPort, dstPort: flow.dstPort } }),
  );
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no packet');
  const to = from === 'client' ? 'server' : 'client';
  return { at: millis(at), from, to, ...who, packet: parsed.value, segment: parsed.value.tcp };
}

const byHand = (at: number, init: Sent): ObservedPacket => sent(at, 'client', RAW, init);
const server = (at: number, init: Sent): ObservedPacket => sent(at, 'server', KERNEL, init);

const SYN = byHand(1, { seq: 1000 });
const SYN_ACK = server(2, { flags: 'S.', seq: 7301, ack: 1001 });

const found = (packets: readonly ObservedPacket[], hosts = HOSTS) =>
  diagnose(experimentRecording({ hosts, packets, lookups: [] }));
const saidOf = (id: string, packets: readonly ObservedPacket[]) => found(packets).find((finding) => finding.id === id);
const CRAFT = ['bad-checksum', 'wrong-ack', 'wrong-seq', 'no-such-host', 'foreign-source'];
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
    expect(faultsIn([byHand(1, { flags: '.', seq: 5, ack: 7 })])).toEqual([]);
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
