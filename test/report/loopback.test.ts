/** A host that talks to itself: the reports say so. */
import { describe, expect, test } from 'vitest';
import { receiverOf } from '../../src/evidence/packet.js';
import { packetsJson } from '../../src/report/json.js';
import { drawLadder } from '../../src/report/ladder-text.js';
import { ladder } from '../../src/report/ladder.js';
import { seq } from '../../src/wire/index.js';
import { observed, RESET_RUN } from '../support/evidence.js';

const toItself = { ...observed(1, 'client', 'kernel', 'S'), to: 'client' } as const;
const backToItself = { ...observed(2, 'server', 'kernel', 'S'), to: 'server' } as const;

const draw = (packets: readonly ReturnType<typeof observed>[], unicode = true): readonly string[] => {
  const rungs = ladder({ ...RESET_RUN, packets, lookups: [] });
  return drawLadder(rungs, RESET_RUN, 60, { language: 'en', columns: 60, unicode }).slice(2);
};

describe('a packet that goes to its own sender', () => {
  test('without `to`, a packet goes to the other host', () => {
    expect([receiverOf(observed(1, 'client', 'kernel', 'S')), receiverOf(toItself)]).toEqual(['server', 'client']);
  });

  test('JSON: from the client to the client, numbers relative to its own', () => {
    const answer = { ...observed(1, 'client', 'kernel', 'S.'), to: 'client' } as const;
    const [, json] = packetsJson([toItself, { ...answer, segment: { ...answer.segment, ack: seq(1001) } }]);
    expect(json).toMatchObject({ from: 'client', to: 'client' });
    expect(json?.text).toMatch(/^S\. 0:0\(0\) ack 1 /);
  });

  test('the ladder turns its arrow back', () => {
    const [client, server] = draw([toItself, backToItself]);
    expect(client).toMatch(/SYN ──↩ +client's kernel$/);
    expect(server).toMatch(/ {5}↪── SYN +server's kernel$/);
    expect(draw([toItself], false)[0]).toContain('SYN --<');
    expect(draw([observed(1, 'client', 'kernel', 'S')])[0]).toContain('▶');
  });
});
