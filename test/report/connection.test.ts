/** What the report of a hand-made connection says of it, and of what is not in it. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import type { ConnectionEvidence } from '../../src/evidence/connection.js';
import { connectionJson, connectionText } from '../../src/report/connection.js';
import { millis } from '../../src/tcp/types.js';
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

/** What stands under the ladder. */
function saidOf(evidence: Partial<ConnectionEvidence>, language: Language = 'en'): readonly string[] {
  const lines = stripVTControlCharacters(
    connectionText({ ...EVIDENCE, ...evidence }, { columns: 100, language, unicode: true }),
  ).split('\n');
  expect(lines.at(-1)).toBe('');
  return lines.slice(lines.indexOf('') + 1, -1);
}

const NEGOTIATED = { mss: 1448, sendWindowShift: 7, receiveWindowShift: 3, sack: true, timestamps: true } as const;
const RULE = { backend: 'nft', drops: 'resets', commands: [], packets: 1, bytes: 40 } as const;

describe('under the ladder', () => {
  test('what was agreed on, the path, the filter: in English and Chinese', () => {
    const evidence: Partial<ConnectionEvidence> = {
      ...{ handshakeMs: 1.23456, negotiated: NEGOTIATED, pathMtu: { mtu: 1400, by: 'icmp', from: '198.51.100.1' } },
      rule: { ...RULE, packets: 2, afterHandshakeMs: 0.26 },
    };
    expect(saidOf(evidence)).toEqual([
      'ESTABLISHED',
      'handshake: 1.235 ms; mss 1460 (1448 beside TS), wscale 7, SACK, TS',
      'path MTU 1400, says 198.51.100.1',
      "filter: nft dropped 2 RSTs of this host's kernel; gone 0.3 ms after the handshake",
    ]);
    expect(saidOf(evidence, 'zh').slice(1)).toEqual([
      '握手：1.235 毫秒；mss 1460（扣除 TS 后 1448），wscale 7，SACK，TS',
      '路径 MTU 1400，由 198.51.100.1 报告',
      '过滤器：nft 丢弃了本机内核的 2 个 RST；握手后 0.3 毫秒即移除',
    ]);
  });

  test.each<[Partial<ConnectionEvidence>, readonly unknown[]]>([
    [{}, []],
    // Without a handshake there is nothing that both agreed on.
    [{ handshakeMs: 1 }, []],
    [{ negotiated: NEGOTIATED }, []],
    [
      { handshakeMs: 1, negotiated: { ...NEGOTIATED, mss: 536, sendWindowShift: 0, sack: false, timestamps: false } },
      ['handshake: 1.000 ms; mss 536, wscale 0'],
    ],
    [{ pathMtu: { mtu: 1280, by: 'link' } }, ["path MTU 1280, that of this host's link"]],
    [{ pathMtu: { mtu: 1064, by: 'smaller-segments' } }, ['path MTU 1064, found by smaller segments']],
    [{ rule: RULE }, ["filter: nft dropped 1 RST of this host's kernel"]],
    [{ rule: { ...RULE, packets: 0 } }, ["filter: nft dropped 0 RSTs of this host's kernel"]],
    [{ obstacle: { why: { en: 'Why.', zh: '' }, hint: { en: 'Hint.', zh: '' } } }, ['Why.', 'Hint.']],
    [{ inputLeftOut: true }, [expect.stringMatching(/^not all of the input was sent: /)]],
    [{ isLeftOpen: true }, [expect.stringMatching(/no RST from here was seen to leave$/)]],
    [{ isLeftOpen: true, packets: [observed(1, 'server', 'kernel', 'R')] }, [expect.stringMatching(/seen to leave$/)]],
    [{ isLeftOpen: true, packets: [observed(1, 'client', 'kernel', '.')] }, [expect.stringMatching(/seen to leave$/)]],
    [
      { isLeftOpen: true, packets: [observed(1, 'client', 'rawshake', 'R')] },
      [expect.stringMatching(/: reset from here$/)],
    ],
    [{ flow: { ...FLOW, dst: FLOW.src, dstPort: FLOW.srcPort } }, [expect.stringMatching(/^a connection to itself: /)]],
    // The same address is not the same end.
    [{ flow: { ...FLOW, dst: FLOW.src } }, []],
    [{ flow: { ...FLOW, dstPort: FLOW.srcPort } }, []],
  ])('%o', (evidence, wanted) => {
    expect(saidOf(evidence)).toEqual(['ESTABLISHED', ...wanted]);
  });

  test('why there is no connection; of a RST, and of one that was not made with itself, nothing more', () => {
    const failure = { en: 'it took too long', zh: '等待太久' };
    expect(saidOf({ outcome: 'no-answer', failure })).toEqual([expect.stringMatching(/^[^:]+: it took too long$/)]);
    expect(saidOf({ outcome: 'no-answer', failure }, 'zh')).toEqual([expect.stringMatching(/：等待太久$/)]);
    expect(saidOf({ outcome: 'reset-by-own-kernel', failure }).join()).not.toContain('it took too long');
    const itself = { ...FLOW, dst: FLOW.src, dstPort: FLOW.srcPort };
    expect(saidOf({ outcome: 'no-answer', flow: itself })).toHaveLength(1);
  });

  test('the head: both ends, and what NAT made of them', () => {
    const head = (unicode: boolean) =>
      stripVTControlCharacters(
        connectionText({ ...EVIDENCE, translated: { ...FLOW, srcPort: 7 } }, { columns: 100, language: 'en', unicode }),
      ).split('\n');
    expect(head(true).slice(0, 2)).toEqual([
      'rawshake connect   192.0.2.1:41000 → 192.0.2.2:8888 (libc)',
      "this host's own NAT makes of it on the wire: 192.0.2.1:7 → 192.0.2.2:8888",
    ]);
    expect(head(false)[0]).toContain('192.0.2.1:41000 -> 192.0.2.2:8888');
  });

  test('the gap stands where packets were left out: before the next one, or at the end', () => {
    const packets = [1, 2, 3].map((at) => observed(at, 'client', 'rawshake', 'S'));
    const drawn = (after: number) =>
      connectionText(
        { ...EVIDENCE, packets, leftOut: { packets: 9, after } },
        { columns: 100, language: 'en', unicode: true },
      )
        .split('\n')
        .flatMap((line) =>
          /SYN|\b9\b.*…|….*\b9\b/.exec(line) === null || line.includes('--pcap')
            ? []
            : [line.includes('SYN') ? 'SYN' : 'gap'],
        );
    expect([drawn(1), drawn(3)]).toEqual([
      ['SYN', 'gap', 'SYN', 'SYN'],
      ['SYN', 'SYN', 'SYN', 'gap'],
    ]);
  });
});

test('JSON: what is known, and null or nothing for what is not', () => {
  expect(connectionJson(EVIDENCE)).toMatchObject({
    ...{ handshakeMs: null, negotiated: null, rule: null, adopted: false, inputLeftOut: false },
    ...{ received: '', receivedBytes: 0 },
  });
  for (const key of ['toItself', 'translated', 'pathMtu', 'missing', 'leftOpen', 'failure', 'obstacle'])
    expect(connectionJson(EVIDENCE)).not.toHaveProperty(key);
  const known = connectionJson({
    ...EVIDENCE,
    ...{ flow: { ...FLOW, dst: FLOW.src, dstPort: FLOW.srcPort }, translated: FLOW, handshakeMs: 1.23456 },
    ...{ negotiated: NEGOTIATED, pathMtu: { mtu: 1280, by: 'link' }, isLeftOpen: true, adoptedAt: millis(5) },
    ...{ failure: { en: 'why', zh: '' }, obstacle: { why: { en: 'a', zh: '' }, hint: { en: 'b', zh: '' } } },
  });
  expect(known).toMatchObject({
    ...{ toItself: true, translated: FLOW, handshakeMs: 1.235, pathMtu: { mtu: 1280, by: 'link' }, leftOpen: true },
    negotiated: { mss: 1448, windowShift: 7, sack: true, timestamps: true },
    ...{ adopted: true, failure: 'why', obstacle: { why: 'a', hint: 'b' } },
  });
});
