import { stripVTControlCharacters } from 'node:util';
import width from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { compareText } from '../../src/report/compare-text.js';
import { compareJson } from '../../src/report/json.js';
import { ladder } from '../../src/report/ladder.js';
import { FILTERED_RUN, observed, RESET_RUN } from '../support/evidence.js';

const CONTEXT = { kernel: '6.18.44', rootless: false };

const text = (runs: readonly HandshakeRun[], columns = 120, language: Language = 'en', unicode = true): string =>
  stripVTControlCharacters(
    compareText(runs, ({ remedy }) => REMEDIES[remedy], CONTEXT, { language, columns, unicode }),
  );

describe('the ladder', () => {
  test('each server segment is followed by the RST that the rule dropped, where the counter says so', () => {
    const types = ladder(FILTERED_RUN).map((rung) => (rung.type === 'packet' ? rung.name : rung.type));
    expect(types).toEqual([
      ...['lookup', 'lookup', 'SYN', 'SYN/ACK', 'dropped', 'lookup', 'lookup', 'ACK', '"hello"', 'ACK', 'dropped'],
      ...['lookup', 'lookup'],
    ]);
  });

  test('where the counter does not agree, no drop is claimed at a place', () => {
    const rule = { backend: 'iptables', drops: 'resets', commands: [], packets: 7, bytes: 280 } as const;
    expect(ladder({ ...FILTERED_RUN, rule }).filter(({ type }) => type === 'dropped')).toEqual([]);
  });

  test('of an adopted connection, only what came before the kernel owned it was answered and dropped', () => {
    const [syn, synAck, ack, ...rest] = FILTERED_RUN.packets;
    if (syn === undefined || synAck === undefined || ack === undefined) throw new Error('no handshake');
    const probe = observed(20.11, 'client', 'kernel', '.', { ack: 1 });
    const packets = [syn, synAck, ack, probe, observed(20.12, 'server', 'kernel', '.', { seq: 1, ack: 1 }), ...rest];
    const rule = {
      backend: 'nft',
      drops: 'resets',
      commands: [],
      packets: 1,
      bytes: 40,
      afterHandshakeMs: 0.62,
    } as const;
    const run: HandshakeRun = { ...FILTERED_RUN, remedy: 'adopt', packets, rule, adoptedAt: probe.at, lookups: [] };
    const types = ladder(run).map((rung) => (rung.type === 'packet' ? rung.name : rung.type));
    expect(types).toEqual(['SYN', 'SYN/ACK', 'dropped', 'ACK', 'adopted', 'ACK', 'ACK', '"hello"', 'ACK']);
    expect(text([run])).toMatch(/0\.110 {2}client's kernel adopts it/);
    expect(text([run]).replace(/\s+/g, ' ')).toContain("1 RST of the client's kernel; gone 0.6 ms after the handshake");
    expect(text([run], 120, 'zh')).toContain('客户端内核接管连接');
    const [json] = compareJson([run], CONTEXT).runs;
    expect(json).toMatchObject({ adopted: true, adoptedAt: 0.00011, rule: { afterHandshakeMs: 0.62 } });
    expect(compareJson([FILTERED_RUN], CONTEXT).runs[0]).toMatchObject({ adopted: false });
  });

  test('LISTEN means three things', () => {
    const meanings = (run: HandshakeRun) =>
      ladder(run).flatMap((rung) => (rung.type === 'lookup' && rung.host === 'server' ? [rung.meaning] : []));
    expect(meanings(RESET_RUN)).toEqual(['listener', 'forgotten']);
    expect(meanings(FILTERED_RUN)).toEqual(['listener', 'connection', 'connection', 'closed']);
  });
});

describe('the text', () => {
  test('side by side where it fits', () => {
    const lines = text([RESET_RUN, FILTERED_RUN]).split('\n');
    expect(lines.find((line) => line.includes('1  no filter'))).toContain("2  iptables drops the kernel's RST");
  });

  test('one below the other where it does not', () => {
    const lines = text([RESET_RUN, FILTERED_RUN], 80).split('\n');
    expect(lines.find((line) => line.includes('1  no filter'))).toBe('1  no filter');
  });

  test('says who sent what, the look-up, the verdicts, why, and the last word', () => {
    const shown = text([RESET_RUN, FILTERED_RUN], 60);
    for (const line of [
      /0\.000 {2}SYN ─+▶ {2}rawshake/,
      /0\.062 {2}◀─+ SYN\/ACK {2}server's kernel/,
      /0\.089 {2}RST ─+▶ {2}client's kernel/,
      /client's kernel: no socket owns :41000/,
      /server's kernel: LISTEN, half-open entry gone/,
      /RST ──✗ dropped by the rule +client's kernel/,
      /RESET by the client's own kernel \(as expected\)/,
      /ESTABLISHED \(as expected\)/,
      /server's program: accepted, read "hello"/,
      /rule: dropped 2 RSTs/,
      /Why: a kernel answers every TCP segment/,
      /Both runs went as expected\./,
    ]) {
      expect(shown).toMatch(line);
    }
  });

  test('a run that differs says what was expected, and the summary counts it', () => {
    const shown = text([{ ...RESET_RUN, observed: 'no-answer' }, FILTERED_RUN]);
    expect(shown).toContain('NOT as expected: it should have been reset-by-own-kernel');
    expect(shown).toContain('1 of 2 runs did not go as expected.');
  });

  const drawn = (shown: string) => shown.split('\n').filter((line) => !/^(The rule|规则|rawshake compare)/.test(line));

  test.each([54, 60, 80, 110, 111, 120, 200])('at %i columns no line is wider, in either language', (columns) => {
    for (const language of ['en', 'zh'] as const) {
      const lines = drawn(text([RESET_RUN, FILTERED_RUN], columns, language));
      expect(lines.filter((line) => width(line) > columns)).toEqual([]);
    }
  });

  test('an ASCII terminal gets ASCII', () => {
    // eslint-disable-next-line no-control-regex -- that is what ASCII is
    expect(drawn(text([RESET_RUN, FILTERED_RUN], 120, 'en', false)).join('')).toMatch(/^[\x00-\x7f§]*$/);
  });
});

describe('the JSON', () => {
  const json = compareJson([RESET_RUN, FILTERED_RUN], CONTEXT);

  test('has the shape that scripts rely on', () => {
    expect(json).toMatchObject({ command: 'compare', version: 1, kernel: '6.18.44', rootless: false, ok: true });
    expect(json.runs[0]).toMatchObject({
      remedy: 'none',
      role: 'client',
      family: 4,
      transport: 'libc',
      expected: 'reset-by-own-kernel',
      observed: 'reset-by-own-kernel',
      ok: true,
      rule: null,
      kernel: [],
      durationMs: 41.2,
    });
  });

  test('times are seconds since the first event, to the microsecond', () => {
    expect(json.runs[0]?.lookups[0]?.at).toBe(0);
    expect(json.runs[0]?.packets.map(({ at }) => at)).toEqual([0.001, 0.001062, 0.001089, 0.00113, 0.001148]);
  });

  test('a packet: absolute numbers, relative text, flags in packetdrill letters', () => {
    expect(json.runs[0]?.packets[1]).toMatchObject({
      from: 'server',
      to: 'client',
      sender: 'kernel',
      flags: 'S.',
      seq: 9000,
      ack: 1001,
      text: 'S. 0:0(0) ack 1 win 65160',
      checksumOk: true,
    });
    expect(json.runs[1]?.packets[3]).toMatchObject({ flags: 'P.', length: 5, text: 'P. 1:6(5) ack 1 win 65535' });
  });

  test('bytes are the whole IP packet in hexadecimal', () => {
    expect(json.runs[0]?.packets[0]?.bytes).toMatch(/^4500002c[0-9a-f]{80}$/);
  });

  test('ok is false where one run differs', () => {
    expect(compareJson([{ ...RESET_RUN, observed: 'established' }], CONTEXT).ok).toBe(false);
  });
});
