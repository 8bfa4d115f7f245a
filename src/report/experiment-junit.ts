/** Experiments as JUnit XML, for what shows test results: a suite for each run, a case for each fact. Jenkins' junit-10.xsd. */
import type { Language } from '../error.js';
import type { ExperimentRun, Fact } from '../evidence/experiment.js';
import { printableData } from '../printable.js';
import { valueWords } from './experiment-words.js';
import type { ReportContext } from './context.js';
import { say } from './words.js';
import { element, escaped } from './xml.js';

export function experimentsJunit(observed: readonly ExperimentRun[], context: ReportContext): string {
  const runs = printableData(observed);
  const suites = runs.map((run) => suite(run, context));
  const total = { ...totals(runs), time: seconds(runs.reduce((sum, { durationMs }) => sum + durationMs, 0)) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    ...element('testsuites', { name: ['rawshake', context.command ?? []].flat().join(' '), ...total }, suites),
    '',
  ].join('\n');
}

const totals = (runs: readonly ExperimentRun[]) => ({
  tests: runs.reduce((sum, { facts, ...run }) => sum + facts.length + (reached(run) ? 0 : 1), 0),
  failures: runs.reduce((sum, { facts }) => sum + facts.filter(({ ok }) => !ok).length, 0),
  errors: runs.filter(({ failure }) => failure !== undefined).length,
});

/** One that has come to no facts is one test, which says why. */
const reached = ({ failure, notRun }: Pick<ExperimentRun, 'failure' | 'notRun'>): boolean =>
  failure === undefined && notRun === undefined;

function suite(run: ExperimentRun, { kernel, rootless, language }: ReportContext): string[] {
  const { id, family, facts, failure, notRun, missing } = run;
  const skipped = notRun === undefined ? 0 : 1;
  const name = `${id} IPv${String(family)}`;
  const classname = `${id}.ipv${String(family)}`;
  const properties = { claim: say(run.claim, language), kernel, rootless: String(rootless) };
  return element('testsuite', { name, ...totals([run]), skipped, time: seconds(run.durationMs) }, [
    element(
      'properties',
      {},
      Object.entries(properties).map(([key, value]) => element('property', { name: key, value })),
    ),
    ...facts.map((fact) => testCase(fact, classname, language)),
    ...(failure === undefined
      ? []
      : [element('testcase', { name: 'run', classname }, [element('error', { message: say(failure, language) })])]),
    ...(notRun === undefined
      ? []
      : [
          element('testcase', { name: 'run', classname }, [
            element('skipped', { message: say(notRun.reason, language) }),
          ]),
        ]),
    ...(missing.length === 0
      ? []
      : [[`<system-out>${escaped(missing.map((text) => say(text, language)).join('\n'))}</system-out>`]]),
  ]);
}

function testCase({ name, what, expected, observed, ok }: Fact, classname: string, language: Language): string[] {
  const title = `${name}: ${say(what, language)}`;
  if (ok) return element('testcase', { name: title, classname });
  const [wanted, seen] = [expected, observed].map((value) => say(valueWords(value), language)) as [string, string];
  const message = language === 'zh' ? `预期 ${wanted}，实际 ${seen}` : `expected ${wanted}, observed ${seen}`;
  const type = 'not-as-expected';
  return element('testcase', { name: title, classname }, [element('failure', { message, type })]);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
