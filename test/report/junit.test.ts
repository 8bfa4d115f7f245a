/** JUnit XML, read by a parser that is not ours. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { experimentsJunit } from '../../src/report/experiment-junit.js';
import type { NotRun } from '../../src/evidence/not-run.js';
import { FAILED_RUN, RUN } from '../support/experiment-evidence.js';

interface XmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string | null;
  readonly children: readonly XmlElement[];
}

const READER = `
import json, sys, xml.etree.ElementTree as tree
def read(e): return {'tag': e.tag, 'attributes': e.attrib, 'text': e.text, 'children': [read(c) for c in e]}
json.dump(read(tree.fromstring(sys.stdin.buffer.read())), sys.stdout)`;

function parsed(xml: string): XmlElement {
  const { stdout, stderr, status } = spawnSync('python3', ['-c', READER], { input: xml, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as XmlElement;
}

const root = parsed(
  experimentsJunit([RUN, FAILED_RUN], { kernel: '6.18.44', rootless: false, language: 'en', command: 'lab run' }),
);
const [sample, broken] = root.children;

test('is the command that made it, or else the program', () => {
  expect(root.attributes['name']).toBe('rawshake lab run');
  const own = experimentsJunit([RUN], { kernel: '6.18.44', rootless: false, language: 'en' });
  expect(parsed(own).attributes['name']).toBe('rawshake');
});

const cases = (suite: XmlElement | undefined): readonly XmlElement[] =>
  suite?.children.filter(({ tag }) => tag === 'testcase') ?? [];

/** What Jenkins' junit-10.xsd allows in each element, and in which order its children come. */
const SCHEMA: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: { attributes: ['name', 'time', 'tests', 'failures', 'errors', 'disabled'], children: ['testsuite'] },
  testsuite: {
    attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp', 'hostname', 'id', 'package'],
    children: ['properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name', 'value'], children: [] },
  testcase: {
    attributes: ['name', 'classname', 'time', 'assertions', 'status'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: { attributes: ['message', 'type'], children: [] },
  error: { attributes: ['message', 'type'], children: [] },
  'system-out': { attributes: [], children: [] },
};

function breaches({ tag, attributes, children }: XmlElement): string[] {
  const allowed = SCHEMA[tag];
  if (allowed === undefined) return [`no element is called ${tag}`];
  const places = children.map((child) => allowed.children.indexOf(child.tag));
  return [
    ...Object.keys(attributes).flatMap((name) => (allowed.attributes.includes(name) ? [] : [`${tag} has no ${name}`])),
    ...places.flatMap((place, i) => (place < Math.max(0, ...places.slice(0, i)) ? [`${tag}: out of order`] : [])),
    ...children.flatMap(breaches),
  ];
}

describe('JUnit XML', () => {
  test('is what the schema allows', () => {
    expect(breaches(root)).toEqual([]);
  });

  test('counts', () => {
    expect(root.attributes).toMatchObject({ tests: '3', failures: '1', errors: '1', time: '0.247' });
    expect(sample?.attributes).toMatchObject({ name: 'sample IPv4', tests: '2', failures: '1', errors: '0' });
    expect(broken?.attributes).toMatchObject({ name: 'broken IPv4', tests: '1', failures: '0', errors: '1' });
  });

  test('counts what is wrong, not what is right, and one that has come to no facts as one test', () => {
    const [good, bad] = RUN.facts;
    if (good === undefined || bad === undefined) throw new Error('no facts');
    const notRun: NotRun = {
      ...{ code: 'RS_USAGE', reason: { en: 'no IPv6', zh: '没有 IPv6' }, hint: { en: 'none', zh: '无' } },
    };
    const runs = [
      { ...RUN, facts: [good, good, bad] },
      { ...RUN, facts: [], notRun },
    ];
    const xml = parsed(experimentsJunit(runs, { kernel: '6', rootless: false, language: 'en' }));
    expect(xml.attributes).toMatchObject({ tests: '4', failures: '1', errors: '0' });
    expect(xml.children.map(({ attributes }) => attributes)).toMatchObject([
      { tests: '3', failures: '1', errors: '0', skipped: '0' },
      { tests: '1', failures: '0', errors: '0', skipped: '1' },
    ]);
    expect(cases(xml.children[1])).toMatchObject([
      { children: [{ tag: 'skipped', attributes: { message: 'no IPv6' } }] },
    ]);
  });

  test('a fact is a case; one that is not as expected says both values, marks unharmed, control characters written out', () => {
    const [good, bad] = cases(sample);
    expect(good).toMatchObject({ attributes: { name: 'answer: the answer', classname: 'sample.ipv4' }, children: [] });
    expect(bad?.attributes['name']).toBe('states: states & <marks>');
    expect(bad?.children).toMatchObject([
      { tag: 'failure', attributes: { message: 'expected SYN_SENT, ESTABLISHED, observed SYN_SENT\\u0007' } },
    ]);
  });

  test('a run without an end is an error, and missing evidence is said', () => {
    expect(cases(broken)).toMatchObject([
      { children: [{ tag: 'error', attributes: { message: 'run: waited 10 s for "the end"' } }] },
    ]);
    expect(sample?.children.at(-1)).toMatchObject({ tag: 'system-out', text: 'a thing' });
  });
});
