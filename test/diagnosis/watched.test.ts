/** What is said of a RST that left a host that is watched, by who made it and for whom; as the catalogue has it. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/diagnosis/catalogue/index.js';
import { type FindingId, WATCHED_IDS } from '../../src/diagnosis/finding.js';
import { ELSEWHERE, HERE, type ResetCase } from '../../src/diagnosis/watched/case.js';
import { watchedFinding } from '../../src/diagnosis/watched/finding.js';
import { MomentMaker, seenPacket } from '../../src/evidence/moment-maker.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { looked, observed } from '../support/evidence.js';
import { FLOW } from '../support/memory.js';

type Who = Pick<ObservedPacket, 'sender' | 'program' | 'sentFor'>;

const kernelFor = (sentFor: NonNullable<ObservedPacket['sentFor']>): Who => ({ sender: 'kernel', sentFor });

function told(who: Who, more: Partial<ResetCase> = {}) {
  const packet = { ...observed(1, 'client', 'kernel', 'R'), ...who, from: HERE, to: ELSEWHERE };
  const reset = new MomentMaker(0).make(seenPacket(packet));
  if (reset.type !== 'packet') throw new TypeError('a packet is none');
  const of = {
    type: 'reset',
    hosts: [],
    flow: FLOW,
    moments: [reset],
    reset: packet,
    isTraced: true,
    listeners: [],
  } as const;
  return watchedFinding({ ...of, ...more });
}

const SYN_ACK = { turn: 'syn-ack', ms: 0.1 } as const;
const SYN = { turn: 'syn', ms: 0.1 } as const;
const UNTRACED = { isTraced: false, lookup: looked(2, 'client', 'none') } as const;

const CASES: readonly (readonly [id: FindingId, certainty: string, isMendable: boolean, ReturnType<typeof told>])[] = [
  ['rejected', 'proven', true, told(kernelFor('firewall'))],
  ['queue-overflow', 'likely', true, told(kernelFor('half-open'))],
  ['unexpected-ack', 'proven', true, told(kernelFor('listener'))],
  ['reset-by-hand', 'proven', true, told({ sender: 'program', program: { socket: 'raw' } })],
  ['reset-by-hand', 'seen', true, told({ sender: 'program', program: { socket: 'packet' } }, { isTraced: false })],
  [
    ...(['unread-data', 'proven', false] as const),
    told({ sender: 'program', program: { socket: 'tcp' } }, { reason: 'TCP_ABORT_ON_CLOSE' }),
  ],
  ['data-after-close', 'proven', false, told(kernelFor('orphan'))],
  ['data-after-close', 'proven', false, told(kernelFor('time-wait'))],
  ['no-connection', 'proven', false, told(kernelFor('nobody'))],
  ['no-connection', 'proven', false, told(kernelFor('nobody'), { answered: SYN_ACK, openedBy: 'socket' })],
  ['unexplained', 'seen', false, told({ sender: 'unknown' })],
  ['refused', 'proven', true, told(kernelFor('nobody'), { answered: SYN })],
  ['refused', 'likely', true, told({ sender: 'unknown' }, { ...UNTRACED, answered: SYN })],
  ['own-kernel-reset', 'proven', true, told(kernelFor('nobody'), { answered: SYN_ACK, openedBy: 'hand' })],
  [
    'own-kernel-reset',
    'likely',
    true,
    told({ sender: 'unknown' }, { ...UNTRACED, answered: SYN_ACK, openedBy: 'hand' }),
  ],
  ['aborted', 'proven', false, told({ sender: 'program', program: { socket: 'tcp' } })],
  ['aborted', 'proven', true, told(kernelFor('socket'), { reason: 'TCP_ABORT_ON_MEMORY' })],
];

describe.each(CASES)('%s, %s', (id, certainty, isMendable, watched) => {
  test('is told, as sure as the catalogue has it', () => {
    expect(watched).toMatchObject({ isMendable, finding: { id, certainty } });
    expect(Object.keys(CATALOGUE[id].sure)).toContain(certainty);
  });
});

test('each of a watched host is among them, laid down where the catalogue says', () => {
  const sources = new Map(CASES.map(([id, , , { finding }]) => [id, finding.source]));
  expect(WATCHED_IDS.map((id) => [id, sources.get(id)])).toEqual(WATCHED_IDS.map((id) => [id, CATALOGUE[id].source]));
});

test('by default all but what is part of ordinary traffic', () => {
  const passedOver = new Set(CASES.filter(([, , isMendable]) => !isMendable).map(([id]) => id));
  expect([...passedOver].sort()).toEqual([
    'aborted',
    'data-after-close',
    'no-connection',
    'unexplained',
    'unread-data',
  ]);
});
