/** A host that talks to itself: the reports say so. */
import { describe, expect, test } from 'vitest';
import { packetsJson } from '../../src/report/json.js';
import { handshakeTimeline } from '../../src/evidence/handshake-timeline.js';
import { ladderLines } from '../../src/report/ladder-text.js';
import { seq } from '../../src/wire/index.js';
import { observed, RESET_RUN } from '../support/evidence.js';

const toItself = { ...observed(1, 'client', 'kernel', 'S'), to: 'client' } as const;
const backToItself = { ...observed(2, 'server', 'kernel', 'S'), to: 'server' } as const;

const draw = (packets: readonly ReturnType<typeof observed>[], unicode = true): readonly string[] => {
  const moments = handshakeTimeline({ ...RESET_RUN, packets, lookups: [] });
  return ladderLines({ hosts: RESET_RUN.hosts, moments }, 60, { language: 'en', columns: 60, unicode }).slice(2);
};

describe('a packet that goes to its own sender', () => {
  test('JSON: from the client to the client, numbers relative to its own', () => {
    const answer = { ...observed(1, 'client', 'kernel', 'S.'), to: 'client' } as const;
    const [, json] = packetsJson([toItself, { ...answer, segment: { ...answer.segment, ack: seq(1001) } }]);
    expect(json).toMatchObject({ from: 'client', to: 'client' });
    expect(json?.text).toMatch(/^S\. 0:0\(0\) ack 1 /);
  });

  test('the ladder says so', () => {
    const [client, server] = draw([toItself, backToItself]);
    expect(client).toMatch(/↺ SYN :41000 → :8888 to itself +client's kernel$/);
    expect(server).toMatch(/ {5}↺ SYN :8888 → :41000 to itself +server's kernel$/);
    expect(draw([toItself], false)[0]).toContain('@ SYN :41000 -> :8888');
    expect(draw([observed(1, 'client', 'kernel', 'S')])[0]).toContain('▶');
  });
});
