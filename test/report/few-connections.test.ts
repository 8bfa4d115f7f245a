/** Of many connections the ladder of the first few, and how much was left out. */
import { expect, test } from 'vitest';
import type { Moment } from '../../src/evidence/moment.js';
import { timeline } from '../../src/evidence/timeline.js';
import { fewConnections } from '../../src/report/few-connections.js';
import { looked, observed } from '../support/evidence.js';

/** A SYN, and a SYN/ACK, of each of so many connections, one look-up of the last, and a scene. */
function moments(connections: number): readonly Moment[] {
  const packets = Array.from({ length: connections }, (_, i) => {
    const [syn, answer] = [
      observed(i, 'client', 'rawshake', 'S', { seq: 1 }),
      observed(i + 0.5, 'server', 'kernel', 'S.', { seq: 9, ack: 2 }),
    ];
    const at = 42_000 + i;
    return [
      { ...syn, segment: { ...syn.segment, srcPort: at } },
      { ...answer, segment: { ...answer.segment, dstPort: at } },
    ];
  }).flat();
  const lookup = { ...looked(connections, 'client', 'none'), srcPort: 42_000 + connections - 1 };
  return timeline({ packets, lookups: [lookup], scenes: [{ atMs: 0, title: { en: 'a scene', zh: '一幕' } }] });
}

test('four are drawn in full', () => {
  expect(fewConnections(moments(4))).toEqual(moments(4));
});

test('of six, the first four, what is of none, and a count of the rest at its end', () => {
  const all = moments(6);
  const shown = fewConnections(all);
  expect(shown.map(({ type }) => type)).toEqual(['scene', ...new Array<string>(8).fill('packet'), 'left-out']);
  expect(shown.at(-1)).toMatchObject({ packets: 4, others: 1, isTelling: true, ms: all.at(-1)?.ms });
});
