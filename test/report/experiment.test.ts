/** An experiment's ladder, text and JSON. */
import { stripVTControlCharacters } from 'node:util';
import width from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import type { Language } from '../../src/error.js';
import type { ExperimentRun } from '../../src/evidence/experiment.js';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import { experimentListJson, experimentShowJson, experimentsJson } from '../../src/report/experiment-json.js';
import { runLine, runsSummary } from '../../src/report/experiment-list-text.js';
import { experimentText } from '../../src/report/experiment-text.js';
import { factsLines } from '../../src/report/facts-text.js';
import { segmentName } from '../../src/report/segment-name.js';
import type { Moment } from '../../src/evidence/moment.js';
import { type Recorded, timeline } from '../../src/evidence/timeline.js';
import { observed } from '../support/evidence.js';
import { FAILED_RUN, RUN } from '../support/experiment-evidence.js';

const text = (runs: readonly ExperimentRun[], columns = 120, language: Language = 'en', unicode = true): string =>
  stripVTControlCharacters(experimentText(runs, { language, columns, unicode }));

/** The moments that the ladder shows. */
const telling = (run: Recorded): readonly Moment[] => timeline(run).filter(({ isTelling }) => isTelling);

describe('the ladder', () => {
  test('is in the order of time, the kernel heard once for each segment', () => {
    const types = telling(RUN).map((moment) =>
      moment.type === 'packet' ? segmentName(moment.packet.segment) : moment.type,
    );
    expect(types).toEqual([
      ...['scene', 'lookup', 'SYN', 'SYN/ACK', 'scene', 'SYN', 'event', 'lookup', 'SYN', 'event', 'RST/ACK', 'SYN'],
    ]);
  });

  test('an event that stands alone stays', () => {
    const kernel = RUN.kernel.filter(({ event }) => event === 'kfree_skb');
    expect(telling({ ...RUN, kernel }).filter(({ type }) => type === 'event')).toHaveLength(1);
  });

  test('ports are told where there is more than one, and of a host that talks to itself', () => {
    const portsIn = (run: Recorded) =>
      telling(run).flatMap((moment) => (moment.type === 'packet' ? [[moment.fromPort, moment.toPort]] : []));
    const ports = portsIn(RUN);
    expect(ports.slice(0, 2)).toEqual([
      [41000, 8888],
      [8888, 41000],
    ]);
    expect(ports.at(-1)).toEqual([44600, 44600]);
    expect(portsIn({ ...RUN, packets: RUN.packets.slice(0, 2) }).flat()).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });

  test.each(['client', 'server'] as const)('an event tells its port where there are many of the %s', (host) => {
    const packet = (port: number) => {
      const one = observed(1, host, 'kernel', '.');
      return { ...one, segment: { ...one.segment, srcPort: port } };
    };
    const [event] = RUN.kernel;
    if (event === undefined) throw new Error('no event');
    const portOf = (ports: readonly number[]) => {
      const kernel = [{ ...event, host, srcPort: ports[0] ?? 0 }];
      return timeline({ packets: ports.map(packet), lookups: [], kernel }).flatMap((moment) =>
        moment.type === 'event' ? [moment.port] : [],
      );
    };
    expect([portOf([5001, 5002]), portOf([5001])]).toEqual([[5001], [undefined]]);
  });

  test('without a packet it starts with what there is', () => {
    expect(timeline({ ...RUN, packets: [] })[0]).toMatchObject({ type: 'scene', ms: 0 });
    expect(timeline({ packets: [], lookups: [] })).toEqual([]);
  });
});

describe('the text', () => {
  test('tells the claim, the steps, the scenes, the facts, the verdict, why, and what is missing', () => {
    const shown = text([RUN], 100);
    for (const line of [
      /^sample {3}A sample of everything$/m,
      /^A segment that no socket owns/m,
      /^ {2}1\. A SYN to a listener\.$/m,
      /^IPv4 {2}✗ NOT as expected {2}123 ms$/m,
      /^── a SYN to a listener ─+$/m,
      /server's kernel: LISTEN on :8888$/m,
      /^ {2}0\.000 {2}:41000 SYN ─+▶ :8888 {2}rawshake$/m,
      /^ {2}0\.040 {2}:41000 ◀─+ SYN\/ACK :8888 {2}server's kernel$/m,
      /:41000 SYN, wrong checksum ─+▶ :9999/,
      /server's kernel :9999: finds the checksum wrong: tcp_bad_csum/,
      /server's kernel: no socket owns :9999/,
      /server's kernel :9999: makes a RST: tcp_send_reset reason=NO_SOCKET\n {11}tcp_v4_send_reset ← tcp_v4_rcv ← ip_protocol_deliver_rcu$/m,
      /↺ SYN :44600 → :44600 to itself +client's kernel$/m,
      /^ {3}what +expected +observed$/m,
      /^✓ {2}the answer +R\. 0:0\(0\) ack 1 +R\. 0:0\(0\) ack 1$/m,
      /^✗ {2}states & <marks> +SYN_SENT, ESTABLISHED +SYN_SENT/m,
      /^server sockets \(during\)\n {2}LISTEN 0 128 192\.0\.2\.2:8888 \*$/m,
      /^server counters: TcpOutRsts \+1$/m,
      /^evidence that cannot be had here: a thing$/m,
      /^ {2}"The raw socket answers RST\."\n {4}wrong: It is the kernel\.$/m,
      /^Why: tcp_v4_rcv\(\) finds nothing\.$/m,
      /^Try next: Send two\.$/m,
    ]) {
      expect(shown).toMatch(line);
    }
  });

  test('both families beside each other where they fit, below each other where not', () => {
    const both = [RUN, { ...RUN, family: 6 }] as const;
    expect(text(both, 160)).toMatch(/^IPv4 .* IPv6 /m);
    expect(text(both, 80)).toMatch(/^IPv6 /m);
    expect(text(both, 160).match(/A sample of everything/g)).toHaveLength(1);
  });

  test('a run without an end says why, and shows no empty ladder', () => {
    expect(text([FAILED_RUN])).toContain('✗ did not come to its end: run: waited 10 s for "the end"');
    expect(text([FAILED_RUN])).not.toContain('sent by');
  });

  test.each([54, 60, 80, 120, 160, 220])('at %i columns no line is wider, in either language', (columns) => {
    for (const language of ['en', 'zh'] as const) {
      const lines = text([RUN, { ...RUN, family: 6 }], columns, language).split('\n');
      expect(lines.filter((line) => width(line) > columns)).toEqual([]);
    }
  });

  test('an ASCII terminal gets ASCII', () => {
    // eslint-disable-next-line no-control-regex -- that is what ASCII is
    expect(text([RUN], 80, 'en', false)).toMatch(/^[\x00-\x7f]*$/);
  });

  test('one of many is a line, and the summary counts and names what was missing once', () => {
    const view = { language: 'en', columns: 80, unicode: true } as const;
    const line = stripVTControlCharacters(runLine(RUN, [RUN, { id: 'much-longer' }], view));
    expect(line).toBe('✗ sample       IPv4  123 ms    A sample of everything  NOT as expected\n');
    const summary = runsSummary([RUN, RUN], { tookMs: 2500, tellMissing: true }, view);
    expect(summary).toBe('\nevidence that cannot be had here: a thing\n2 of 2 runs did not go as expected. (2.5 s)\n');
  });
});

/** Each is told of, then, even if it is of the same packet. Entries have lost what their object was; the field is optional. */
const withoutPacket = (event: KernelEvent): KernelEvent =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'skb')) as unknown as KernelEvent;

test('what comes about again in the same way shows its call stack once; from a second on the columns stay', () => {
  const [event] = RUN.kernel.filter(({ stack }) => stack !== undefined);
  if (event === undefined) throw new Error('no event');
  const start = RUN.packets[0]?.at ?? 0;
  const at = (atMs: number, stack: readonly string[]) => ({ ...withoutPacket(event), atMs: start + atMs, stack });
  const drop = {
    ...withoutPacket(event),
    atMs: start + 2,
    event: 'kfree_skb',
    reason: 'NETFILTER_DROP',
    stack: [],
  } as const;
  const kernel = [
    at(1, ['a', 'b']),
    drop,
    at(999.9996, ['a', 'b']),
    at(1234.5678, ['a', 'b']),
    at(12_345.678, ['a', 'c']),
  ];
  const lines = text([{ ...RUN, packets: RUN.packets.slice(0, 1), lookups: [], scenes: [], kernel }]).split('\n');
  expect(lines.filter((line) => / [abc] ← /.test(line)).map((line) => line.trim())).toEqual(['a ← b', 'a ← c']);
  const times = lines.flatMap((line) => /^( *[\d.]+) {2}\S+'s kernel/.exec(line)?.[1] ?? []);
  expect(times).toEqual(['  1.000', '  2.000', '1000.00', '1234.57', '12345.7']);
});

test('for a screen reader ports are said in words, whether both are told or one', () => {
  const said = stripVTControlCharacters(
    experimentText([RUN], { language: 'en', columns: 80, unicode: true, plain: true }),
  );
  expect(said).toContain('sends SYN from port 41000 to port 8888 to server');
  expect(said).not.toMatch(/sends .*→/);
});

test.each([
  ['en', 'server counters: TcpOutRsts +1, TcpExtTCPPureAcks +12'],
  ['zh', '服务器计数器：TcpOutRsts +1、TcpExtTCPPureAcks +12'],
] as const)('in a narrow terminal a counter stays beside by how much it has grown: %s', (language, words) => {
  const run = { ...RUN, counters: { client: {}, server: { TcpOutRsts: 1, TcpExtTCPPureAcks: 12 } } };
  for (let columns = 40; columns <= 80; columns++) {
    const lines = text([run], columns, language).split('\n');
    expect(lines.join('\n')).toMatch(/TcpExtTCPPureAcks \+12$/m);
    if (columns >= 60) expect(lines).toContain(words);
  }
});

describe('the JSON', () => {
  const context = { kernel: '6.18.44', rootless: true };
  const json = experimentsJson([RUN, FAILED_RUN], { ...context, language: 'en', command: 'lab run' });
  const [first] = json.experiments;

  test('its times begin with whatever was seen first, those of its moments too', () => {
    const [call] = RUN.systemCalls;
    if (call === undefined) throw new Error('no call');
    const run = { ...RUN, systemCalls: [{ ...call, atMs: 40 }] };
    const timed = experimentsJson([run], { ...context, language: 'en' }).experiments[0];
    expect(timed?.systemCalls[0]?.at).toBe(0);
    expect(timed?.packets[0]?.at).toBe(0.01);
    expect(timed?.moments.slice(0, 3)).toMatchObject([
      { type: 'scene', at: 0.008 },
      { type: 'lookup', at: 0.009 },
      { type: 'packet', at: 0.01 },
    ]);
  });

  test('lists and shows: both families unless it says which', () => {
    const shown = { ...RUN, facts: { answer: { what: RUN.claim, expected: 'R.' } } };
    expect(experimentListJson([shown, { ...shown, families: [6] }], 'zh')).toEqual({
      ...{ command: 'lab list', version: 1 },
      experiments: [
        { id: 'sample', title: '样样都有的样例', claim: '没有套接字拥有的报文段，回以 RST。', families: [4, 6] },
        { id: 'sample', title: '样样都有的样例', claim: '没有套接字拥有的报文段，回以 RST。', families: [6] },
      ],
    });
    expect(experimentShowJson(shown, 'en')).toMatchObject({
      ...{ command: 'lab show', id: 'sample', families: [4, 6], steps: ['A SYN to a listener.'] },
      ...{ expected: { answer: 'R.' }, explanation: 'tcp_v4_rcv() finds nothing.', next: ['Send two.'] },
      claims: [{ text: 'The raw socket answers RST.', verdict: 'wrong', because: 'It is the kernel.' }],
    });
  });

  test('has the shape that scripts rely on', () => {
    expect(experimentsJson([RUN], { ...context, language: 'en' })).not.toHaveProperty('command');
    expect(json).toMatchObject({ command: 'lab run', version: 1, kernel: '6.18.44', rootless: true, ok: false });
    expect(first).toMatchObject({
      id: 'sample',
      title: 'A sample of everything',
      family: 4,
      steps: ['A SYN to a listener.'],
      expected: { answer: 'R. 0:0(0) ack 1', states: ['SYN_SENT', 'ESTABLISHED'] },
      observed: { answer: 'R. 0:0(0) ack 1' },
      ok: false,
      claims: [{ text: 'The raw socket answers RST.', verdict: 'wrong', because: 'It is the kernel.' }],
      counters: { server: { TcpOutRsts: 1 } },
      missing: ['a thing'],
      durationMs: 123.5,
    });
    expect(json.experiments[1]).toMatchObject({ failure: 'run: waited 10 s for "the end"', packets: [], expected: {} });
  });

  test('times are seconds since whatever was seen first, in every list', () => {
    expect(first?.scenes[0]?.at).toBe(0);
    expect(first?.lookups[0]?.at).toBe(0.001);
    expect(first?.packets[0]?.at).toBe(0.002);
    expect(first?.kernel.map(({ at }) => at)).toEqual([0.01201, 0.01302, 0.013025]);
    expect(first?.systemCalls[0]).toMatchObject({ at: 0.021, result: null });
    expect(first?.sockets[0]).toMatchObject({ at: 0.0025, rows: [{ state: 'LISTEN' }] });
  });

  test('numbers are relative to each connection of its own', () => {
    expect(first?.packets.map(({ text: words }) => words.replace(/ win .*/, ''))).toEqual([
      ...['S 0:0(0)', 'S. 0:0(0) ack 1', 'S 0:0(0)', 'S 0:0(0)', 'R. 0:0(0) ack 1', 'S 0:0(0)'],
    ]);
  });

  test('a host that talks to itself is both ends', () => {
    expect(first?.packets.at(-1)).toMatchObject({ from: 'client', to: 'client' });
    expect(first?.packets[0]).toMatchObject({ from: 'client', to: 'server' });
  });

  test('an event has the fields of the contract, and no addresses of the kernel', () => {
    const event = JSON.parse(JSON.stringify(first?.kernel[1])) as object;
    expect(Object.keys(event).sort()).toEqual(
      ['at', 'dst', 'dstPort', 'event', 'host', 'reason', 'src', 'srcPort', 'stack'].sort(),
    );
  });
});

test('any number of packets, lookups and facts', () => {
  const many = <T>(one: T | undefined): readonly T[] => Array.from({ length: 130_000 }, () => one as T);
  const run = { ...RUN, packets: many(RUN.packets[0]), lookups: many(RUN.lookups[0]) };
  expect(
    experimentsJson([run], { kernel: '6.18', rootless: true, language: 'en' }).experiments[0]?.packets,
  ).toHaveLength(130_000);
  expect(factsLines(many(RUN.facts[0]), 120, { language: 'en', columns: 120, unicode: true })).toHaveLength(130_001);
}, 60_000);
