/** What is said of each way in which a connection can go: words, certainty, advice, source, and of what it is made. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/diagnosis/catalogue/index.js';
import { diagnose, diagnoseHandshake } from '../../src/diagnosis/diagnosis.js';
import { COURSE_IDS, FINDING_IDS } from '../../src/diagnosis/finding.js';
import {
  type Ending,
  type HandMadeRecording,
  experimentRecording,
  handshakeRecording,
  serviceRecording,
} from '../../src/evidence/recording.js';
import type { Outcome } from '../../src/evidence/outcome.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { EXPERIMENT_RUN, FILTERED_RUN, looked, observed, RESET_RUN, traced } from '../support/evidence.js';
import { RUN } from '../support/experiment-evidence.js';
import { FLOW } from '../support/memory.js';

const OUTCOMES = [
  ...(['established', 'reset-by-own-kernel', 'refused', 'reset-by-peer', 'no-answer'] as const),
  ...(['icmp-unreachable', 'incomplete', 'aborted'] as const),
] satisfies readonly Outcome[];

const saidOf = (run: HandshakeRun, ending: HandMadeRecording['ending']) =>
  diagnoseHandshake(handshakeRecording(run, ending));

/** Of whom something is known only from where one stands. */
const saidHere = (outcome: Outcome, lacks?: Ending['lacks']) => {
  const { ending, ...recording } = serviceRecording(FLOW, outcome);
  return diagnoseHandshake({ ...recording, ending: { ...ending, ...(lacks !== undefined && { lacks }) } });
};

const packetsOf = ({ at }: ReturnType<typeof saidOf>): readonly ObservedPacket[] =>
  at.flatMap((moment) => (moment.type === 'packet' ? [moment.packet] : []));

/** What nobody says who has had the connection. */
const SEEN_ONLY = ['half-open'];

test('every way to go is a finding, and every finding a way to go', () => {
  expect([...SEEN_ONLY, ...OUTCOMES.map((outcome) => saidHere(outcome).id)].sort()).toEqual([...COURSE_IDS].sort());
});

test.each(['client', 'server'] as const)('own-kernel-reset: the %s, and what keeps it away', (role) => {
  const flow = role === 'client' ? FLOW : reverseFlow(FLOW);
  const finding = saidOf({ ...RESET_RUN, role, flow }, { outcome: 'reset-by-own-kernel' });
  expect(finding).toMatchObject({
    id: 'own-kernel-reset',
    certainty: 'seen',
    host: role,
    flow,
    meaning: {
      en: `RESET by the ${role}'s own kernel`,
      zh: role === 'client' ? '被客户端自己的内核复位 RESET' : '被服务器自己的内核复位 RESET',
    },
    source: 'RFC 9293 §3.10.7.1',
  });
  expect(finding.because?.en).toMatch(/^a kernel answers every TCP segment that no socket owns with RST/);
  expect(finding.because?.zh).toMatch(/^凡是没有套接字拥有的 TCP 报文段/);
  expect(finding.advice).toMatch(
    new RegExp(`^iptables -w -t raw -I OUTPUT 1 .*-s ${flow.src}.*--sport ${flow.srcPort}`),
  );
});

test('own-kernel-reset: proven where the kernel says so itself, with the way that it went', () => {
  const finding = saidOf(traced(RESET_RUN), { dataArrived: false });
  expect(finding).toMatchObject({ id: 'own-kernel-reset', certainty: 'proven' });
  expect(finding.because?.en).toContain('tcp_v4_rcv -> tcp_v4_send_reset, reason NO_SOCKET');
  expect(packetsOf(finding)).toEqual([RESET_RUN.packets[1], RESET_RUN.packets[2]]);
});

test('own-kernel-reset: on the network that one stands in, the option of connect', () => {
  const { meaning, advice } = saidHere('reset-by-own-kernel');
  expect(meaning.en).toBe("RESET by this host's own kernel; --filter auto keeps it silent");
  expect(advice).toBe('rawshake connect 192.0.2.2 8888 --filter auto');
});

test('own-kernel-reset: no rule is for port 0', () => {
  const flow = { ...FLOW, dstPort: 0 };
  expect(saidOf({ ...RESET_RUN, flow }, { dataArrived: false })).not.toHaveProperty('advice');
});

test('established: proven by a program that has it all, a socket table or a state change; else seen', () => {
  const bare = { ...FILTERED_RUN, lookups: [], kernel: [] };
  expect(saidOf(bare, { outcome: 'established' })).toMatchObject({ id: 'established', certainty: 'seen' });
  expect(saidOf(bare, { dataArrived: true })).toMatchObject({ id: 'established', certainty: 'proven' });
  const asked = { ...bare, lookups: [looked(20.15, 'server', 'ESTABLISHED')] };
  const changed = { atMs: 20.1, host: 'server', event: 'inet_sock_set_state', newState: 'ESTABLISHED' } as const;
  for (const run of [asked, { ...bare, kernel: [changed] }])
    expect(saidOf(run, { outcome: 'established' })).toMatchObject({ certainty: 'proven' });
  expect(packetsOf(saidOf(bare, { dataArrived: true }))).toEqual(bare.packets.slice(0, 3));
});

test('established: where no SYN/ACK was seen, no acknowledgment is taken for a part of the handshake', () => {
  const packets = FILTERED_RUN.packets.filter((_, i) => i !== 1);
  const finding = saidOf({ ...FILTERED_RUN, packets, lookups: [], kernel: [] }, { outcome: 'established' });
  expect(packetsOf(finding)).toEqual(packets.slice(0, 1));
});

test('of a filter: what its rules did, beside how the connection went; with a line where another rule helps', () => {
  const filter = {
    ...{ silent: false, ok: false },
    findings: [
      { code: 'too-narrow', text: { en: 'some', zh: '一些' } },
      { code: 'too-wide', text: { en: 'others too', zh: '还有别的' }, rule: 1 },
      { code: 'idle', text: { en: 'nothing', zh: '没有' }, rule: 2 },
    ],
  } as const;
  const found = diagnose(handshakeRecording(RESET_RUN, { dataArrived: false, filter }));
  expect(found.map(({ id, certainty, host, advice }) => [id, certainty, host, advice?.split(' ')[0]])).toEqual([
    ['own-kernel-reset', 'seen', 'client', 'iptables'],
    ['filter-too-narrow', 'proven', 'client', 'iptables'],
    ['filter-too-wide', 'likely', 'client', 'iptables'],
    ['filter-idle', 'proven', 'client', undefined],
  ]);
  expect(found[1]).toMatchObject({
    flow: RESET_RUN.flow,
    meaning: { en: 'some' },
    source: 'iptables-extensions(8), nft(8)',
  });
  const ofNobody = { ...experimentRecording(EXPERIMENT_RUN), ending: { filter } };
  expect(diagnose(ofNobody).map(({ id }) => id)).toEqual(['refused']);
});

test('refused: who made the RST is known where both hosts are in sight', () => {
  const refused = {
    ...RESET_RUN,
    packets: [observed(0, 'client', 'rawshake', 'S'), observed(1, 'server', 'kernel', 'R.')],
  };
  const finding = saidOf(refused, { dataArrived: false });
  expect(finding).toMatchObject({
    id: 'refused',
    certainty: 'seen',
    meaning: { en: 'REFUSED: no socket on the other side' },
  });
  expect(packetsOf(finding)).toEqual(refused.packets);
  const event = { atMs: 0.5, host: 'server', event: 'tcp_send_reset', reason: 'NO_SOCKET' } as const;
  expect(saidOf({ ...refused, kernel: [event] }, { dataArrived: false })).toMatchObject({ certainty: 'proven' });
  expect(saidHere('refused').meaning.en).toBe('REFUSED: the SYN was answered by RST: no socket there, or a firewall');
});

test('refused: proven by no other word of a kernel than that of a RST for want of a socket, on the host that answered', () => {
  const packets = [observed(0, 'client', 'rawshake', 'S'), observed(1, 'server', 'kernel', 'R.')];
  const made = { atMs: 0.5, host: 'server', event: 'tcp_send_reset', reason: 'NO_SOCKET' } as const;
  const certaintyBy = (...kernel: HandshakeRun['kernel']) =>
    saidOf({ ...RESET_RUN, packets, kernel }, { dataArrived: false }).certainty;
  expect(certaintyBy({ ...made, event: 'kfree_skb' })).toBe('seen');
  expect(certaintyBy({ ...made, reason: 'TCP_FLAGS' })).toBe('seen');
  expect(certaintyBy({ ...made, host: 'client' })).toBe('seen');
  expect(certaintyBy({ ...made, host: 'client' }, made)).toBe('proven');
  expect(certaintyBy(made, { ...made, host: 'client' })).toBe('proven');
});

test('own-kernel-reset: of several RSTs that were traced, the way of the first', () => {
  const first = { atMs: 10.07, host: 'client', event: 'tcp_send_reset', reason: 'NO_SOCKET' } as const;
  const kernel = [
    { ...first, stack: ['tcp_v4_send_reset', 'tcp_v4_rcv'] },
    { ...first, atMs: 10.08, stack: ['tcp_v6_send_reset', 'tcp_v6_rcv'] },
  ];
  const { because } = saidOf(traced(RESET_RUN, kernel), { dataArrived: false });
  expect(because?.en).toContain('tcp_v4_rcv -> tcp_v4_send_reset, reason NO_SOCKET');
  expect(because?.zh).toContain('tcp_v4_rcv -> tcp_v4_send_reset');
});

test('established: not proven by a change to another state, nor by another word of a socket that stands', () => {
  const bare = { ...FILTERED_RUN, lookups: [], kernel: [] };
  const changed = { atMs: 20.1, host: 'server', event: 'inet_sock_set_state', newState: 'ESTABLISHED' } as const;
  for (const event of [{ ...changed, newState: 'SYN_RECV' } as const, { ...changed, event: 'kfree_skb' } as const])
    expect(saidOf({ ...bare, kernel: [event] }, { outcome: 'established' })).toMatchObject({ certainty: 'seen' });
  const { at } = saidOf({ ...bare, kernel: [changed, { ...changed, atMs: 20.2 }] }, { outcome: 'established' });
  expect(at.filter(({ type }) => type === 'event')).toMatchObject([{ event: { atMs: 20.1 } }]);
});

test.each<[Outcome, seen: number, at: readonly number[]]>([
  ['icmp-unreachable', 1, [0]],
  ['no-answer', 1, [0]],
  ['incomplete', 5, [0, 1]],
  ['aborted', 5, [0, 1]],
  ['established', 5, [0, 1, 2]],
])('%s: of %i packets, the moments that it is made of', (outcome, seen, at) => {
  const packets = FILTERED_RUN.packets.slice(0, seen);
  const finding = saidOf({ ...FILTERED_RUN, packets, lookups: [], kernel: [] }, { outcome });
  expect(packetsOf(finding)).toEqual(at.map((i) => packets[i]));
});

test('reset by the other side: after its answer, in both languages', () => {
  const packets = [...FILTERED_RUN.packets.slice(0, 3), observed(30, 'server', 'kernel', 'R', { seq: 1 })];
  const finding = saidOf({ ...FILTERED_RUN, packets, lookups: [], kernel: [] }, { dataArrived: false });
  expect(finding).toMatchObject({
    ...{ id: 'reset-by-peer', certainty: 'seen', source: 'RFC 9293 §3.5.3' },
    meaning: { en: 'RESET by the other side', zh: '被对方复位 RESET' },
  });
  expect(packetsOf(finding)).toEqual([packets[1], packets[3]]);
});

test('of each way to go, something is said in both languages', () => {
  for (const outcome of OUTCOMES) {
    const { meaning } = saidHere(outcome);
    expect(meaning.en, outcome).toMatch(/^[A-Z]/);
    expect(meaning.zh, outcome).toMatch(/\p{Script=Han}/u);
  }
});

test('incomplete: what is lacking', () => {
  expect(saidHere('incomplete').meaning.en).toContain('the other side did not acknowledge all of it');
  expect(saidHere('incomplete', 'received').meaning.en).toContain('not all that the other side sent has come in');
});

test('an experiment: each connection is judged by itself, seen from whoever opened it; one to itself has one end', () => {
  const findings = diagnose(experimentRecording(RUN));
  expect(findings.map(({ id, host, flow }) => `${id} ${host} :${flow.srcPort} :${flow.dstPort}`))
    .toMatchInlineSnapshot(`
    [
      "no-answer client :41000 :9999",
      "bad-checksum client :41000 :9999",
      "half-open client :41000 :8888",
      "refused client :41000 :9999",
    ]
  `);
});

test('an experiment: a RST that its own kernel was heard to make', () => {
  expect(diagnose(experimentRecording(EXPERIMENT_RUN))).toMatchObject([
    { id: 'refused', certainty: 'seen', host: 'client', flow: FLOW },
  ]);
});

test('docs/diagnosis.md has each, and where it is laid down', () => {
  const page = readFileSync('docs/diagnosis.md', 'utf8');
  expect(Array.from(page.matchAll(/^\| `([\w-]+)`/gm), ([, id]) => id)).toEqual(FINDING_IDS);
  const rows = page.matchAll(/^\| `([\w-]+)` .*\| (RFC \S+ \S+) +\|$/gm);
  const all = Array.from(rows, ([, id = '', source = '']) => [id, source]);
  const listed = all.slice(0, COURSE_IDS.length);
  expect(listed.map(([id]) => id)).toEqual(COURSE_IDS);
  const said = OUTCOMES.flatMap((outcome) =>
    diagnose(serviceRecording(FLOW, outcome)).map(({ id, source }) => [id, source]),
  );
  for (const row of said) expect(listed).toContainEqual(row);
});

test('of each way to go the catalogue knows that it can be as sure', () => {
  const runs = [RESET_RUN, traced(RESET_RUN), FILTERED_RUN, { ...FILTERED_RUN, lookups: [], kernel: [] }];
  const said = [
    ...OUTCOMES.map((outcome) => saidHere(outcome)),
    ...runs.flatMap((run) => OUTCOMES.map((outcome) => saidOf(run, { outcome }))),
  ];
  for (const { id, certainty } of said) expect(Object.keys(CATALOGUE[id].sure), id).toContain(certainty);
});
