/** What the report of a hand-made connection says of what is not in it. */
import { expect, test } from 'vitest';
import type { ConnectionEvidence } from '../../src/evidence/connection.js';
import { connectionJson, connectionText } from '../../src/report/connection.js';
import { observed } from '../support/evidence.js';
import { FLOW } from '../support/memory.js';

const EVIDENCE: ConnectionEvidence = {
  ...{ outcome: 'established', flow: FLOW, translated: undefined, transport: 'libc', handshakeMs: undefined },
  ...{ negotiated: undefined, pathMtu: undefined, received: { text: '', bytes: 0, leftOut: 0 }, rule: null },
  ...{ packets: [observed(1, 'client', 'rawshake', 'S')], leftOut: { packets: 0, after: 1 }, inputLeftOut: false },
  ...{ missing: undefined, isLeftOpen: false, adoptedAt: undefined, failure: undefined, obstacle: undefined },
};

const said = (leftOut: ConnectionEvidence['leftOut']) =>
  connectionText({ ...EVIDENCE, leftOut }, { columns: 100, language: 'en', unicode: true })
    .split('\n')
    .filter((line) => line.includes('--pcap'));

test.each([
  [{ packets: 0, after: 1 }, []],
  [{ packets: 3, after: 1 }, [/^3 packets .* keeps them all$/]],
  [{ packets: 5, after: 1, lost: 5 }, [/^5 packets .* in no --pcap FILE either$/]],
  [{ packets: 7, after: 1, lost: 5 }, [/^2 packets .* keeps them all$/, /^5 packets .* in no --pcap FILE either$/]],
])('packets that are not shown, and those that nobody has seen: %j', (leftOut, lines) => {
  expect(said(leftOut)).toEqual(lines.map((line) => expect.stringMatching(line) as string));
});

test('in JSON those that nobody has seen are told apart where there are any', () => {
  const json = (leftOut: ConnectionEvidence['leftOut']) => connectionJson({ ...EVIDENCE, leftOut }).leftOut;
  expect(json({ packets: 3, after: 1 })).toEqual({ receivedBytes: 0, packets: 3 });
  expect(json({ packets: 3, after: 1, lost: 2 })).toEqual({ receivedBytes: 0, packets: 3, lost: 2 });
});
