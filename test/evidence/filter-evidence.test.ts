import { expect, test } from 'vitest';
import { filterEvidence } from '../../src/evidence/filter-evidence.js';
import { FILTERED_RUN, observed, RESET_RUN } from '../support/evidence.js';

const facts = { flow: RESET_RUN.flow, rules: [], ownResetsSent: 0, refusedSends: 0 };

test('without a filter: one segment to answer, one RST that left, and the one that the peer sent for it', () => {
  expect(filterEvidence(RESET_RUN.packets, 'client', facts)).toEqual({
    ...facts,
    answerable: 1,
    kernelResetsLeft: 1,
    ownResetsLeft: 0,
    peerResets: 1,
    wrongAcks: 0,
  });
});

test('behind the filter nothing left; a RST made by hand is ours', () => {
  const packets = [...FILTERED_RUN.packets, observed(30, 'client', 'rawshake', 'R', { seq: 6 })];
  expect(filterEvidence(packets, 'client', facts)).toMatchObject({
    answerable: 2,
    kernelResetsLeft: 0,
    ownResetsLeft: 1,
    peerResets: 0,
    wrongAcks: 0,
  });
});

test.each([
  { ack: 0, wrong: 1 },
  { ack: 1, wrong: 0 },
  { ack: 2, wrong: 1 },
  { ack: 1 + 2 ** 31, wrong: 1 },
])('after the SYN/ACK, ack $ack: $wrong wrong', ({ ack, wrong }) => {
  const packets = [...RESET_RUN.packets.slice(0, 2), observed(12, 'client', 'rawshake', '.', { seq: 1, ack })];
  expect(filterEvidence(packets, 'client', facts).wrongAcks).toBe(wrong);
});
