/** Connections of an experiment: what belongs to one, across its scenes, and what a side alone does not say. */
import { expect, test } from 'vitest';
import { diagnose, Diagnosis, diagnoseHandshake } from '../../src/diagnosis/diagnosis.js';
import { experimentRecording, handshakeRecording } from '../../src/evidence/recording.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { EXPERIMENT_RUN, observed, RESET_RUN } from '../support/evidence.js';
import { FLOW } from '../support/memory.js';

const syn = observed(0, 'client', 'rawshake', 'S');
const synAck = observed(1, 'server', 'kernel', 'S.', { ack: 1 });
const ack = observed(2, 'client', 'rawshake', '.', { seq: 1, ack: 1 });

/** Scenes at these milliseconds. */
const findingsOf = (packets: readonly ObservedPacket[], ...scenes: readonly number[]) =>
  diagnose(
    experimentRecording({
      ...{ ...EXPERIMENT_RUN, packets, lookups: [], kernel: [], counters: { client: {}, server: {} } },
      scenes: scenes.map((atMs) => ({ atMs, title: { en: 'next', zh: '下一个' } })),
    }),
  );

const idsOf = (...given: Parameters<typeof findingsOf>) => findingsOf(...given).map(({ id, host }) => `${id} ${host}`);

test('a connection goes on in the next scene: its SYN/ACK sent again opens nothing', () => {
  const again = observed(1000, 'server', 'kernel', 'S.', { ack: 1 });
  expect(idsOf([syn, synAck, again], 500)).toEqual(['half-open client']);
  expect(idsOf([syn, synAck, ack, again], 500)).toEqual(['established client']);
});

test('a connection goes on in the next scene: the kernel that resets it then has reset it', () => {
  const reset = observed(1000, 'client', 'kernel', 'R', { seq: 1 });
  expect(idsOf([syn, synAck, ack, reset], 500)).toEqual(['own-kernel-reset client']);
});

test('the same SYN in another scene begins another connection, and in the same one it is sent again', () => {
  const again = [
    observed(1000, 'client', 'rawshake', 'S'),
    observed(1001, 'server', 'kernel', 'S.', { ack: 1 }),
    observed(1002, 'client', 'rawshake', '.', { seq: 1, ack: 1 }),
  ];
  expect(idsOf([syn, ...again], 500)).toEqual(['no-answer client', 'established client']);
  expect(idsOf([syn, ...again])).toEqual(['established client']);
});

test('what was seen from its SYN/ACK on has no finding: nobody was seen to open it', () => {
  expect(idsOf([synAck])).toEqual([]);
  expect(idsOf([synAck, ack])).toEqual([]);
});

test('half-open: the SYN/ACK was not acknowledged', () => {
  const [finding] = findingsOf([syn, synAck]);
  expect(finding).toMatchObject({ id: 'half-open', certainty: 'seen', source: 'RFC 9293 §3.5' });
  expect(finding?.at.map(({ ms }) => ms)).toEqual([0, 1]);
});

test('established: made of all three packets', () => {
  const [finding] = findingsOf([syn, synAck, ack]);
  expect(finding?.at.map(({ ms }) => ms)).toEqual([0, 1, 2]);
});

test('aborted: reset by whoever had opened it, by hand or by a socket', () => {
  expect(idsOf([syn, synAck, ack, observed(3, 'client', 'rawshake', 'R', { seq: 1 })])).toEqual(['aborted client']);
  const bySocket = [observed(0, 'client', 'kernel', 'S'), synAck, observed(2, 'client', 'kernel', '.', { ack: 1 })];
  expect(idsOf([...bySocket, observed(3, 'client', 'kernel', 'R.', { seq: 1 })])).toEqual(['aborted client']);
});

test('how many connections are followed: each once, whichever way its packets go; or the one that all is about', () => {
  const { hosts, moments } = experimentRecording({
    ...{ ...EXPERIMENT_RUN, lookups: [], kernel: [], counters: { client: {}, server: {} }, scenes: [] },
    packets: [syn, synAck, ack],
  });
  const any = new Diagnosis({}, hosts);
  expect(any.connections).toBe(0);
  expect(moments.flatMap((moment) => any.see(moment))).toEqual([]);
  expect(any.connections).toBe(1);
  expect(any.end().map(({ id }) => id)).toEqual(['established']);
  const one = new Diagnosis({ handMade: { host: 'client', flow: FLOW } }, hosts);
  expect(one.connections).toBe(1);
  expect(one.end({ outcome: 'incomplete' }).map(({ id }) => id)).toEqual(['incomplete']);
});

test('the end of a connection that nobody has said can be told of none', () => {
  const recording = {
    ...handshakeRecording({ ...RESET_RUN, packets: [syn, synAck] }, { dataArrived: true }),
    ending: {},
  };
  const finding = diagnoseHandshake(recording as Parameters<typeof diagnoseHandshake>[0]);
  expect(finding.id).toBe('half-open');
  const both = { ...RESET_RUN, packets: [syn, observed(1, 'server', 'kernel', 'S')], lookups: [] };
  const open = { ...handshakeRecording(both, { dataArrived: true }), ending: {} };
  expect(() => diagnoseHandshake(open as Parameters<typeof diagnoseHandshake>[0])).toThrow(
    'what became of a connection that is known from the start is said in its ending',
  );
});
