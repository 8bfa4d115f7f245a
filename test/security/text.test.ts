/** Hostile text in every field of every report: no format shows it raw, and none is made of it. */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse as parseHtml } from 'parse5';
import { SaxesParser } from 'saxes';
import { describe, expect, test, vi } from 'vitest';
import type { ExplainedExercise } from '../../src/evidence/explained-exercise.js';
import type { CaptureRecord } from '../../src/capture/record.js';
import { readCapture } from '../../src/capture/read.js';
import { note, reportError } from '../../src/cli/output.js';
import { type Language, RawshakeError } from '../../src/error.js';
import type { ConnectionEvidence } from '../../src/evidence/connection.js';
import type { ExerciseRun, GradedFolder, Handout } from '../../src/evidence/exercise.js';
import type { ExerciseScene } from '../../src/evidence/exercise-scene.js';
import type { ExperimentRun } from '../../src/evidence/experiment.js';
import type { RemedyNotRun } from '../../src/evidence/not-run.js';
import type { ProgramRun } from '../../src/evidence/program-run.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import type { Host } from '../../src/evidence/host.js';
import type { FoundFilter, Unseen } from '../../src/filter/found.js';
import { planFilter } from '../../src/filter/plan.js';
import { USER_RULE } from '../../src/lab/remedies/user-rules.js';
import { jsonText, printable } from '../../src/printable.js';
import { hostsJson } from '../../src/report/host-json.js';
import { comparePcapng } from '../../src/report/compare-pcapng.js';
import { compareSteps, compareText } from '../../src/report/compare-text.js';
import { connectionJson, connectionText } from '../../src/report/connection.js';
import { JsonListing, type Listing, TextListing } from '../../src/report/dissection/listing.js';
import { explainJson, explainText } from '../../src/report/exercise-explain.js';
import { exerciseJson, gradesJson, handoutJson } from '../../src/report/exercise-json.js';
import { exerciseListJson, exerciseListText, type ListedExercise } from '../../src/report/exercise-list.js';
import { exerciseJunit, gradesJunit } from '../../src/report/exercise-junit.js';
import { exerciseSceneText } from '../../src/report/exercise-scene-text.js';
import { exerciseText, handoutText, taskLines } from '../../src/report/exercise-text.js';
import { experimentListJson, experimentShowJson, experimentsJson } from '../../src/report/experiment-json.js';
import {
  experimentListText,
  experimentShowText,
  runLine,
  runsSummary,
  type ShownExperiment,
} from '../../src/report/experiment-list-text.js';
import { compareMermaid, experimentsMermaid } from '../../src/report/ladder-mermaid.js';
import { experimentPcapng } from '../../src/report/experiment-pcapng.js';
import { experimentText } from '../../src/report/experiment-text.js';
import { programExperiment } from '../../src/report/program-experiment.js';
import { programJson } from '../../src/report/program-json.js';
import { programText } from '../../src/report/program-text.js';
import { watchFindingJson, watchSummaryJson } from '../../src/report/watch-json.js';
import { watchBlock, watchSummaryText } from '../../src/report/watch-text.js';
import type { WatchFinding, WatchSummary } from '../../src/diagnosis/watched/watch-finding.js';
import { packetMoments } from '../../src/evidence/timeline.js';
import {
  detachedText,
  foundJson,
  foundText,
  leftAloneText,
  leaseText,
  planJson,
  planText,
  removedText,
  type ShownFilter,
  unseenJson,
  unseenText,
} from '../../src/report/filter.js';
import { gradesCsv, gradesText } from '../../src/report/grades.js';
import { compareHtml } from '../../src/report/html/compare-page.js';
import { experimentsHtml } from '../../src/report/html/experiment-page.js';
import { compareJson } from '../../src/report/json.js';
import { experimentsJunit } from '../../src/report/experiment-junit.js';
import { labShellText } from '../../src/report/lab-shell-text.js';
import { FILTERED_RUN, observed, RESET_RUN, traced } from '../support/evidence.js';
import { FAILED_RUN, RUN } from '../support/experiment-evidence.js';
import { everywhere, hostileText, raw, strings, WORST_TEXT } from '../support/hostile.js';
import { FLOW } from '../support/memory.js';

/** What stands in closed lists; every other string is filled. */
const WORDS = new Set([
  ...[
    'none',
    'rule',
    'iptables',
    'nft',
    'client',
    'server',
    'rawshake',
    'kernel',
    'libc',
    'resets',
    'other',
    'gone',
    'checks',
  ],
  ...[
    'reset-by-own-kernel',
    'established',
    'icmp-unreachable',
    'icmp',
    'too-narrow',
    'wrong',
    'before',
    'during',
    'after',
  ],
  ...['LISTEN', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'CLOSE', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT'],
  ...[
    'tcp_send_reset',
    'kfree_skb',
    'tcp_bad_csum',
    'number',
    'rule',
    'choice',
    'text',
    'remedy',
    'listens',
    'setting',
    'link',
  ],
]);
/** Made of bytes, which have a text of their own in them. */
const FIELDS = new Set(['packet', 'segment']);

const filled = <T>(data: T, text: string): T => everywhere(data, text, { words: WORDS, fields: FIELDS });

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const same = (text: string) => ({ en: text, zh: text });
const context = { kernel: '6.18.44', rootless: true };
const remedyOf = () => USER_RULE;

const payloadOf = (text: string) =>
  observed(20.131, 'client', 'rawshake', 'P.', { seq: 1, ack: 1, payload: bytesOf(text) });

const frames = RUN.frames.slice(0, 4);

const handshakes = (text: string): readonly HandshakeRun[] =>
  filled(
    [
      { ...traced(RESET_RUN), missing: [same('why')], sockets: RUN.sockets, frames },
      {
        ...FILTERED_RUN,
        remedy: 'rule',
        packets: [...FILTERED_RUN.packets, payloadOf(text)],
        verdict: { ok: false, silent: false, findings: [{ code: 'too-narrow', text: same('words') }] },
      },
    ],
    text,
  );

/** With one between the two of a lab that has the text for its name. */
const hosts = (text: string): readonly Host[] => [
  { name: 'client', title: both(text), role: 'client' },
  { name: text, title: both(text), role: 'router' },
  { name: 'server', title: { en: 'server', zh: '服务器' }, role: 'server' },
];
const both = (text: string) => ({ en: text, zh: text });

const programs = (text: string): readonly ProgramRun[] =>
  [{ status: 1 }, { signal: 'SIGTERM', endedFor: 'time-out' }].map((end) => ({
    ...{ role: 'client', family: 4, port: 8888, opposite: 'echo', remedy: 'none', rule: null, durationMs: 1 },
    ...filled({ ...RUN, missing: [same('why')] }, text),
    packets: [
      ...RUN.packets,
      { ...payloadOf(text), sender: 'program', program: { socket: 'raw', pid: 7, name: text } },
    ],
    program: { argv: [text, text], durationMs: 1, ...end } as ProgramRun['program'],
  }));

const watched = (text: string): WatchFinding => ({
  ...{ id: 'reset-by-hand', certainty: 'proven', host: 'client', source: 'raw(7)', isMendable: true, count: 10 },
  ...{ flow: { src: '192.0.2.1', srcPort: 1, dst: '192.0.2.2', dstPort: 2 }, epochMs: 0, hosts: hosts(text) },
  ...{ meaning: { en: text, zh: text }, because: { en: text, zh: text }, advice: text },
  at: packetMoments([{ ...payloadOf(text), sender: 'program', program: { socket: 'raw', pid: 7, name: text } }], 0),
});

const watchSummary = (text: string): WatchSummary => ({
  ...{ findings: { refused: 1 }, resets: { sent: 1, received: 0 }, ordinary: 1, leftOut: 1 },
  missing: [{ en: text, zh: text }],
});

const experiments = (text: string): readonly ExperimentRun[] =>
  filled(
    [
      {
        ...RUN,
        packets: [...RUN.packets, payloadOf(text)],
        systemCalls: RUN.systemCalls,
        // The names of counters are the kernel's.
        counters: { client: {}, server: { [`Tcp${text}`]: 1 } },
      },
      { ...RUN, hosts: hosts(text) },
      { ...FAILED_RUN, failure: same('why') },
    ],
    text,
  );

const catalogue = (text: string): readonly ShownExperiment[] => {
  const facts = {
    answer: { what: same('what'), expected: ['a', 'b'] },
    owner: { what: same('what'), expected: 'none' },
  };
  return filled([{ ...RUN, facts }], text);
};

const connection = (text: string): ConnectionEvidence =>
  filled(
    {
      ...FILTERED_RUN,
      outcome: 'icmp-unreachable',
      translated: FILTERED_RUN.flow,
      handshakeMs: 0.1,
      negotiated: undefined,
      pathMtu: { mtu: 1300, by: 'icmp', from: text },
      received: { text: 'what came', bytes: 9, leftOut: 0 },
      packets: [...FILTERED_RUN.packets, { ...payloadOf(text), ignored: 'why' }],
      leftOut: { packets: 0, after: 0 },
      inputLeftOut: true,
      missing: { bytes: 1, fin: true },
      isLeftOpen: true,
      adoptedAt: undefined,
      failure: same('why'),
      obstacle: { why: same('why'), hint: same('hint') },
    },
    text,
  );

const explained = (text: string): ExplainedExercise =>
  filled(
    {
      ...{ id: 'id', title: same('title') },
      steps: [
        { step: 'steps[0]', action: 'send', fields: '{ packet: x }', answers: ['q'], check: false, again: [] },
        {
          ...{ step: 'steps[1]', action: 'expect', fields: '{ packet: y }', answers: [], check: true },
          decides: { question: 'q', by: 'before' },
          again: [{ question: 'q', by: 'before' }],
        },
      ],
      questions: [{ id: 'q', kind: 'number', points: 1, by: 'checks', steps: ['steps[1]'] }],
    },
    text,
  );

const handout = (text: string): Handout =>
  filled(
    {
      ...{ id: 'id', title: same('title'), text: same('prose'), student: 'bob' },
      questions: [
        {
          id: 'q',
          kind: 'choice',
          ask: same('ask'),
          points: 1,
          options: { a: same('one'), b: same('two') },
          formula: false,
        },
        { id: 'r', kind: 'number', ask: same('ask'), points: 2, formula: true },
      ],
    },
    text,
  );

const exercise = (text: string): ExerciseRun => {
  const check = { step: 's', label: same('label'), what: same('what'), expected: 'a', observed: 'b', ok: false };
  const checks = [
    { ...check, received: ['R', 'S'] },
    { ...check, ok: true },
    { ...check, question: 'q' },
  ];
  return filled(
    {
      ...{ id: 'id', title: same('title'), student: 'bob', points: 1, of: 3, ok: false, durationMs: 5 },
      cases: [{ name: 'case', family: 4, checks, missing: [same('why')], durationMs: 4 }],
      questions: [
        {
          ...{ id: 'q', kind: 'text', ask: same('ask'), answer: 'answer', points: 0, of: 3, right: false },
          objections: [
            { caseName: 'c', ...check },
            { what: same('what'), expected: '', observed: 'c' },
          ],
          hint: same('hint'),
        },
      ],
    },
    text,
  );
};

const grades = (text: string): GradedFolder =>
  filled(
    {
      grades: [
        { file: 'a.yaml', student: 'bob', points: 1, of: 3, graded: true, run: exercise(text), note: same('note') },
        { file: 'b.yaml', points: 0, of: 3, graded: false, note: same('note') },
      ],
      passedOver: [{ file: 'c.txt', why: same('why'), clutter: false }],
    },
    text,
  );

const scene = (text: string): ExerciseScene =>
  filled(
    {
      caseName: 'case',
      furnishings: [
        { kind: 'listens', host: 'server', local: 'where' },
        { kind: 'remedy', host: 'client', title: same('title'), connection: 'which', backend: 'nft' },
        { kind: 'rule', host: 'client', rule: 'words' },
        { kind: 'setting', host: 'client', name: 'name', value: 'value' },
        { kind: 'link', loss: 0.1 },
      ],
      variables: { SERVER: 'x' },
    },
    text,
  );

const found = (text: string): ShownFilter => {
  const filter: FoundFilter = {
    plan: planFilter({ flow: FLOW, backend: 'iptables', comment: 'rawshake:x' }),
    owner: { pid: 7, startTicks: 1, pidNamespace: 1, bootId: '01234567' },
    ...{ packets: 1, bytes: 40 },
  };
  return filled({ filter, state: 'gone' }, text);
};

const plan = (text: string) => filled(planFilter({ flow: FLOW, backend: 'nft', comment: 'rawshake:x' }), text);

const records = (text: string): readonly CaptureRecord[] => {
  const record = {
    ...{ epochNs: 5n, linkType: 101, interfaceId: 0, interfaceName: 'eth0', wireBytes: 9999 },
    ...{ comments: ['one', 'two'], damage: 'why' },
  };
  const { bytes } = payloadOf(text).packet;
  return filled(
    [
      { ...record, bytes },
      { ...record, linkType: 147, bytes: bytesOf(text) },
    ],
    text,
  );
};

const listed = (listing: Listing, given: readonly CaptureRecord[]): string =>
  given.map((record) => listing.add(record)).join('') + listing.end();

const shellHosts = (text: string) => {
  const host = { addresses: ['192.0.2.1'], enter: 'nsenter' };
  return filled({ client: host, server: host }, text);
};

const unseen = (text: string): Unseen => ({
  program: 'iptables',
  error: new RawshakeError('RS_COMMAND_FAILED', same(text), { hint: same('hint') }),
});

const course = (text: string): readonly ListedExercise[] =>
  filled([{ name: '01', file: 'a.yaml', title: same('title') }], text);

const NOT_RUN = { code: 'RS_MISSING_TOOL', reason: same('reason'), hint: same('hint') } as const;

const remediesNotRun = (text: string): readonly RemedyNotRun[] =>
  filled([{ ...NOT_RUN, remedy: 'iptables', role: 'client', family: 4 }], text);

const experimentsNotRun = (text: string): readonly ExperimentRun[] =>
  experiments(text).map((run) => ({ ...run, ok: false, notRun: filled(NOT_RUN, text) }));

const view = (language: Language, columns: number) => ({ language, columns, unicode: true });

/** By the function that makes it; each of what a text is put into. */
const TEXTS: Readonly<Record<string, (text: string, language: Language, columns: number) => string>> = {
  compareText: (text, language, columns) => compareText(handshakes(text), remedyOf, context, view(language, columns)),
  compareSteps: (text, language, columns) =>
    compareSteps(handshakes(text), remedyOf, context, view(language, columns)).join(''),
  connectionText: (text, language, columns) => connectionText(connection(text), view(language, columns)),
  experimentText: (text, language, columns) => experimentText(experiments(text), view(language, columns)),
  programText: (text, language, columns) => programText(programs(text), context, view(language, columns)),
  watchBlock: (text, language, columns) => watchBlock(watched(text), view(language, columns)),
  watchSummaryText: (text, language, columns) => watchSummaryText(watchSummary(text), view(language, columns)),
  experimentListText: (text, language, columns) => experimentListText(catalogue(text), view(language, columns)),
  experimentShowText: (text, language, columns) =>
    catalogue(text)
      .map((one) => experimentShowText(one, view(language, columns)))
      .join(''),
  runLine: (text, language, columns) =>
    experiments(text)
      .map((run) => runLine(run, [run], view(language, columns)))
      .join(''),
  runsSummary: (text, language, columns) =>
    runsSummary(experiments(text), { tookMs: 1, tellMissing: true }, view(language, columns)),
  taskLines: (text, language, columns) => taskLines(handout(text), view(language, columns)).join('\n'),
  explainText: (text, language, columns) => explainText(explained(text), view(language, columns)),
  handoutText: (text, language, columns) => handoutText(handout(text), text, view(language, columns)),
  exerciseText: (text, language, columns) => exerciseText(exercise(text), view(language, columns)),
  exerciseSceneText: (text, language, columns) =>
    exerciseSceneText(handout(text), scene(text), view(language, columns)),
  gradesText: (text, language, columns) => gradesText(grades(text), view(language, columns)),
  foundText: (text, language) => foundText([found(text)], language),
  removedText: (text, language) => removedText([found(text)], [], language),
  detachedText: (text, language) => detachedText(found(text).filter, ['rawshake', 'filter', 'remove', text], language),
  'compareText, not run': (text, language, columns) =>
    compareText(handshakes(text), remedyOf, context, view(language, columns), remediesNotRun(text)),
  'experimentText, not run': (text, language, columns) =>
    experimentText(experimentsNotRun(text), view(language, columns)),
  exerciseListText: (text, language, columns) => exerciseListText(course(text), view(language, columns)),
  unseenText: (text, language) => unseenText(unseen(text))[language],
  leftAloneText: (text, language) => leftAloneText(text, same('why'))[language],
  planText: (text, language) => planText(plan(text), language),
  leaseText: (text, language) =>
    leaseText(
      {
        plan: plan(text),
        commands: [],
        owned: true,
        restored: 0,
        counters: () => ({ packets: 0, bytes: 0 }),
        close: () => undefined,
      },
      language,
    ),
  labShellText: (text, language) => labShellText('client', shellHosts(text), language),
  TextListing: (text, language, columns) => listed(new TextListing(view(language, columns)), records(text)),
  'TextListing, a page': (text, language, columns) =>
    listed(new TextListing(view(language, columns)), records(text).slice(0, 1)),
  'TextListing, a page of bytes': (text, language, columns) =>
    listed(new TextListing(view(language, columns)), records(text).slice(1)),
};

const DOCUMENTS: Readonly<Record<string, (text: string) => unknown>> = {
  compareJson: (text) => compareJson(handshakes(text), context, 'en'),
  connectionJson: (text) => connectionJson(connection(text)),
  hostsJson: (text) => hostsJson(hosts(text), 'en'),
  experimentsJson: (text) => experimentsJson(experiments(text), { ...context, language: 'en' }),
  programJson: (text) => programJson(programs(text), context),
  watchFindingJson: (text) => watchFindingJson(watched(text), 'en'),
  watchSummaryJson: (text) => watchSummaryJson(watchSummary(text), 'en'),
  experimentListJson: (text) => experimentListJson(catalogue(text), 'en'),
  experimentShowJson: (text) => catalogue(text).map((one) => experimentShowJson(one, 'en')),
  explainJson: (text) => explainJson(explained(text), 'en'),
  handoutJson: (text) => handoutJson(handout(text), 'en'),
  exerciseJson: (text) => exerciseJson(exercise(text), context, 'en'),
  gradesJson: (text) => gradesJson(grades(text), context, 'en'),
  'compareJson, not run': (text) => compareJson(handshakes(text), context, 'en', remediesNotRun(text)),
  'experimentsJson, not run': (text) => experimentsJson(experimentsNotRun(text), { ...context, language: 'en' }),
  exerciseListJson: (text) => exerciseListJson(course(text), 'en'),
  unseenJson: (text) => unseenJson(unseen(text)),
  foundJson: (text) => foundJson(found(text)),
  planJson: (text) => planJson(plan(text)),
};

const PAGES: Readonly<Record<string, (text: string, language: Language) => string>> = {
  compareHtml: (text, language) => compareHtml(handshakes(text), remedyOf, { ...context, language }),
  experimentsHtml: (text, language) => experimentsHtml(experiments(text), { ...context, language }),
  'experimentsHtml, a program': (text, language) =>
    experimentsHtml(programs(text).map(programExperiment), { ...context, language }),
  'experimentsHtml, one': (text, language) => experimentsHtml(experiments(text).slice(0, 1), { ...context, language }),
};

const DIAGRAMS: Readonly<Record<string, (text: string, file: string) => string>> = {
  compareMermaid: (text, file) => compareMermaid(handshakes(text), remedyOf, file, 'en'),
  experimentsMermaid: (text, file) => experimentsMermaid(experiments(text), { file, language: 'en' }),
};

const SUITES: Readonly<Record<string, (text: string) => string>> = {
  experimentsJunit: (text) => experimentsJunit(experiments(text), { ...context, language: 'en' }),
  'experimentsJunit, not run': (text) => experimentsJunit(experimentsNotRun(text), { ...context, language: 'en' }),
  exerciseJunit: (text) => exerciseJunit(exercise(text), 'en'),
  gradesJunit: (text) => gradesJunit(grades(text), 'en'),
};

const CAPTURES: Readonly<Record<string, (text: string) => Uint8Array>> = {
  comparePcapng: (text) => comparePcapng(handshakes(text)),
  experimentPcapng: (text) => experimentPcapng(experiments(text)[0] ?? RUN),
};

const LANGUAGES = ['en', 'zh'] as const;

/** As many bytes and as many characters, none of which means anything. */
const harmless = (text: string): string => 'a'.repeat(bytesOf(text).length);

const holds = (judge: (text: string) => void): void => {
  judge(WORST_TEXT);
  fc.assert(
    fc.property(hostileText, (text) => judge(text)),
    { numRuns: 60 },
  );
};

test('every report that src/report makes is among them', async () => {
  const files = readdirSync('src/report', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.map((file) => import(resolve('src/report', file)) as Promise<object>));
  const makers = modules.flatMap((module) => Object.keys(module).filter((name) => MAKER.test(name)));
  const tried = [TEXTS, DOCUMENTS, PAGES, DIAGRAMS, SUITES, CAPTURES].flatMap((reports) => Object.keys(reports));
  expect(makers).toEqual(expect.arrayContaining(tried.filter((name) => MAKER.test(name))));
  expect(
    makers.filter((name) => ![...tried, ...IN_OTHERS, ...OF_NO_TEXT, 'gradesCsv', 'JsonListing'].includes(name)),
  ).toEqual([]);
});

const MAKER = /^\w+(Text|Json|Html|Mermaid|Junit|Xml|Csv|Pcapng|Listing)$/;
/** Parts that only those which are tried use; pieces of layout. */
const IN_OTHERS = [
  ...[
    'systemCallJson',
    'senderJson',
    'runJson',
    'packetsJson',
    'lookupJson',
    'ruleJson',
    'segmentJson',
    'dissectionJson',
    'packetHtml',
    'pageHtml',
  ],
  ...[
    'ladderHtml',
    'socketTablesHtml',
    'wrapText',
    'hangingText',
    'notRunJson',
    'momentsJson',
    'findingsJson',
    'kernelEventJson',
    'socketTableJson',
  ],
];
const OF_NO_TEXT = [
  'droppedText',
  'keptText',
  'keptElsewhereText',
  'missingText',
  'bytesText',
  'portsText',
  'numbersText',
];

describe('text', () => {
  test.each(Object.entries(TEXTS))('%s: nothing raw, at any width, in either language', (_, render) => {
    holds((text) => {
      for (const language of LANGUAGES)
        for (const columns of [60, 120, 200]) expect(raw(render(text, language, columns))).toEqual([]);
    });
  });

  test.each(['gradesText', 'foundText', 'planText', 'TextListing', 'runLine', 'labShellText', 'experimentListText'])(
    '%s: as many lines as of harmless names; none is forged',
    (name) => {
      const lines = (text: string): number | undefined => TEXTS[name]?.(text, 'en', 120).split('\n').length;
      holds((text) => {
        expect(lines(text)).toBe(lines('a'));
      });
    },
  );

  test('the prose of an exercise keeps its paragraphs, and everything else its line', () => {
    const given = { ...handout('x'), text: same('one\n\ntwo\u001b[2J\r\n\tthree'), title: same('a\nb') };
    expect(taskLines(given, view('en', 80)).slice(0, 6)).toEqual(['a\\nb', '', 'one', '', 'two\\u001b[2J', 'three']);
  });
});

describe('JSON', () => {
  test.each(Object.entries(DOCUMENTS))('%s: nothing raw, and every text as it came', (_, document) => {
    holds((text) => {
      const made = document(text);
      for (const indent of [undefined, 2]) {
        const written = jsonText(made, indent);
        expect(raw(written)).toEqual([]);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(made)));
        expect(strings(JSON.parse(written))).toContain(text);
      }
    });
  });

  test('a capture', () => {
    holds((text) => {
      const written = listed(new JsonListing(), records(text));
      expect(raw(written)).toEqual([]);
      expect(JSON.parse(written)).toMatchObject([{ interface: text, comments: [text, text] }, { interface: text }]);
    });
  });
});

describe('HTML', () => {
  type Node = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.Document;
  /** Elements and the names of their attributes; what scripts and styles hold. */
  const skeleton = (node: Node): unknown => {
    if (!('childNodes' in node)) return node.nodeName;
    const attributes = 'attrs' in node ? node.attrs.map(({ name }) => name) : [];
    const code = ['script', 'style'].includes(node.nodeName);
    const inner = code
      ? node.childNodes.map((child) => ('value' in child ? child.value : ''))
      : node.childNodes.filter(({ nodeName }) => nodeName !== '#text').map(skeleton);
    return [node.nodeName, attributes, inner];
  };

  test.each(Object.entries(PAGES))('%s: nothing raw, and no element or attribute is made of it', (_, page) => {
    holds((text) => {
      const written = page(text, 'zh');
      expect(raw(written)).toEqual([]);
      expect(skeleton(parseHtml(written))).toEqual(skeleton(parseHtml(page(harmless(text), 'zh'))));
    });
  });
});

describe('Mermaid', () => {
  /** sequenceDiagram.jison: text runs to the end of the line, without `;`, and without `#` but for entities. */
  const TEXT = /(?! *(?:no)?wrap:)(?:[^#;<>&%$\\\n]|#\d+;)+/i.source;
  const HOST = /(client|server|host\d)/.source;
  const STATEMENT = new RegExp(
    [
      `^ {2}participant ${HOST} as ${TEXT}$`,
      `^ {2}Note over ${HOST}(,${HOST})?: ${TEXT}$`,
      `^ {2}${HOST}(-|--)(>>|x)${HOST}: ${TEXT}$`,
    ].join('|'),
    'i',
  );
  /** Each line up to where its text begins. */
  const statements = (diagram: string): string[] => diagram.split('\n').map((line) => line.replace(/(: | as ).*/, ''));

  test.each(Object.entries(DIAGRAMS))('%s: nothing raw, and no statement is made of it', (_, diagram) => {
    holds((text) => {
      const written = diagram(text, 'x.mmd');
      expect(raw(written)).toEqual([]);
      const lines = written.trimEnd().split('\n').slice(1);
      expect(lines.filter((line) => !STATEMENT.test(line))).toEqual([]);
      expect(statements(written)).toEqual(statements(diagram(harmless(text), 'x.mmd')));
    });
  });

  test.each(Object.entries(DIAGRAMS))('%s: in Markdown a heading stays one line of plain words', (_, diagram) => {
    holds((text) => {
      const written = diagram(text, 'x.md');
      expect(raw(written)).toEqual([]);
      const outline = (document: string): string[] =>
        document.split('\n').flatMap((line) => (/^(#+ |```)/.test(line) ? [line.slice(0, 3)] : []));
      expect(outline(written)).toEqual(outline(diagram(harmless(text), 'x.md')));
      const headings = written.split('\n').filter((line) => line.startsWith('## '));
      expect(headings.filter((line) => /(?<!\\)(?:\\\\)*[`*_[\]<>&]/.test(line))).toEqual([]);
    });
  });
});

describe('JUnit XML', () => {
  interface Parsed {
    readonly outline: string[];
    readonly values: string[];
  }
  function parsed(xml: string): Parsed {
    const [outline, values]: [string[], string[]] = [[], []];
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) => {
      outline.push(`${name} ${Object.keys(attributes).join(' ')}`);
      values.push(...Object.values(attributes));
    });
    parser.on('text', (text) => values.push(text.trim()));
    parser.write(xml).close();
    return { outline, values };
  }

  test.each(Object.entries(SUITES))('%s: well-formed, nothing raw, the same elements, the same text', (_, xml) => {
    holds((text) => {
      const written = xml(text);
      expect(raw(written)).toEqual([]);
      const { outline, values } = parsed(written);
      expect(outline).toEqual(parsed(xml('a')).outline);
      expect(values.some((value) => value.includes(printable(text)))).toBe(true);
    });
  });
});

describe('CSV', () => {
  const FORMULA = /^[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

  test('each cell is its text in one line, guarded where a spreadsheet would see a formula', () => {
    holds((text) => {
      const written = gradesCsv(grades(text), 'en');
      expect(raw(written.replaceAll('\r\n', '\n'))).toEqual([]);
      const rows: string[][] = parseCsv(written, { record_delimiter: '\r\n' });
      expect(rows).toHaveLength(4);
      expect(written.split('\n')).toHaveLength(5);
      const [, graded = [], broken = [], passedOver = []] = rows;
      expect(graded).toHaveLength(rows[0]?.length ?? 0);
      const plain = (cell = ''): string => cell.replaceAll(/(^|;)'(?=[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu, '$1');
      expect([graded[0], graded[1], broken[0], passedOver[0]].map(plain)).toEqual(
        Array<string>(4).fill(printable(text)).map(plain),
      );
      expect([...graded, ...broken, ...passedOver].filter((cell) => FORMULA.test(cell))).toEqual([]);
    });
  });

  test('where cells are parted at ; none is a formula either', () => {
    holds((text) => {
      const cells = gradesCsv(grades(text), 'en')
        .split('\r\n')
        .flatMap((row) => row.split(';'));
      expect(cells.slice(1).filter((cell) => FORMULA.test(cell))).toEqual([]);
    });
  });
});

describe('pcapng', () => {
  test.each(Object.entries(CAPTURES))('%s: comments and names of interfaces', async (_, capture) => {
    for (const text of [WORST_TEXT, ...fc.sample(hostileText, 30)]) {
      const chunks = (async function* () {
        yield await Promise.resolve(capture(text));
      })();
      for await (const { records: read, error } of readCapture(chunks)) {
        expect(error).toBeUndefined();
        expect(read.flatMap(({ comments, interfaceName = '' }) => raw([...comments, interfaceName].join('')))).toEqual(
          [],
        );
      }
    }
  });
});

describe('messages', () => {
  const said = (action: () => void): string => {
    let text = '';
    const { exitCode } = process;
    const writing = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    try {
      action();
    } finally {
      writing.mockRestore();
      process.exitCode = exitCode;
    }
    return text;
  };

  test('an error is one line and its hint another; several problems are a line each', () => {
    holds((text) => {
      const one = said(() =>
        reportError(new RawshakeError('RS_FILE', same(`${text}: no file`), { hint: same(text) }), {}),
      );
      expect(raw(one)).toEqual([]);
      expect(one).toBe(`rawshake: ${printable(text)}: no file\nhint: ${printable(text)}\n`);
      const lines = [`1:1: ${text}`, `2:1: ${text}`];
      const two = new RawshakeError('RS_SCRIPT', { en: lines, zh: lines }, { hint: same('x') });
      expect(two.message).toBe(`1:1: ${text}\n2:1: ${text}`);
      expect(said(() => reportError(two, {})).split('\n')).toHaveLength(4);
    });
  });

  test('a note is one line', () => {
    holds((text) => {
      expect(said(() => note(text))).toBe(`rawshake: ${printable(text)}\n`);
    });
  });
});
