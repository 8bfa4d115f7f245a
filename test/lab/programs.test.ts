/** Programs that fail in public, as people ask about them: what is found of each, that a cure helps where one can, and that no name counts. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { programFindings } from '../../src/diagnosis/program-connections.js';
import type { FindingId } from '../../src/diagnosis/finding.js';
import type { CureId, ProgramRun } from '../../src/evidence/program-run.js';
import { run } from '../../src/lab/run/run.js';
import { nothingSent, toldInOrder } from '../../src/report/program-words.js';
import {
  type Argv,
  casesOf,
  ENDS_IN_ARGUMENTS,
  masscan,
  nmap,
  OF_C,
  OF_TUN,
  type Options,
  programIn,
  PYTHON,
  python,
  raw,
  SCANNED,
  WORKS,
} from '../programs/cases.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-programs-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const C_CLIENT = join(folder, 'raw-client');
execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', C_CLIENT, programIn('raw-client.c')]);

const runOf = (argv: Argv, options: Options = {}): Promise<ProgramRun> =>
  run({ argv, output: 'ignore', input: 'ignore', ...options });

const idsOf = (one: ProgramRun): readonly FindingId[] =>
  toldInOrder(programFindings(one).findings).map(({ finding }) => finding.id);

describe.each(casesOf(C_CLIENT))('%s', (_, cases) => {
  test.each(cases)('$name: $found', async ({ argv, options, found, behind = {} }) => {
    const alone = await runOf(argv, options);
    expect(idsOf(alone)).toEqual(found);
    expect(programFindings(alone).ok).toBe(found === WORKS);
    for (const cure of Object.keys(behind) as CureId[])
      expect([cure, idsOf(await runOf(argv, { ...options, cure }))]).toEqual([cure, behind[cure]]);
  });
});

test('a stack behind a TUN whose host does not forward: nothing passes, and that is said', async () => {
  const one = await runOf(python('tun-stack.py', 'closed'), OF_TUN);
  expect(one.packets).toEqual([]);
  expect(nothingSent(one).en).toContain('sysctl net.ipv4.ip_forward=1');
});

describe('no name, path or language counts', () => {
  const copied = (file: string, name: string): string => {
    const copy = join(folder, name);
    copyFileSync(file, copy);
    return copy;
  };
  /** But for ports, numbers and times, which differ from run to run. */
  const saidOf = (one: ProgramRun) =>
    programFindings(one).findings.map(({ id, certainty, host, meaning, because, advice }) =>
      JSON.stringify({ id, certainty, host, meaning, because, advice }).replace(/\d+(\.\d+)?/g, '#'),
    );

  const SCRIPT = programIn('raw-client.py');
  const DISGUISES: readonly (readonly [string, plain: Argv, disguised: () => Argv, options: Options])[] = [
    [
      'python3',
      raw('ack'),
      () => [copied(PYTHON, 'thing'), copied(SCRIPT, 'notes.txt'), ...ENDS_IN_ARGUMENTS, 'ack'],
      {},
    ],
    ['nmap', nmap('-sS'), () => [copied('/usr/bin/nmap', 'x'), ...nmap('-sS').slice(1)], {}],
    ['masscan', masscan(), () => [copied('/usr/bin/masscan', 'python3'), ...masscan().slice(1)], SCANNED],
    ['a program of C', [C_CLIENT, 'unread'], () => [copied(C_CLIENT, 'masscan'), 'unread'], OF_C],
  ];

  test.each(DISGUISES)('%s by another name', async (_, plain, disguised, options) => {
    const said = saidOf(await runOf(plain, options));
    expect(said).not.toEqual([]);
    expect(saidOf(await runOf(disguised(), options))).toEqual(said);
  });

  test('what C and Python get wrong alike is told alike', async () => {
    const port = { port: 80 };
    const [inC, inPython] = [await runOf([C_CLIENT], OF_C), await runOf(raw(), port)];
    expect(saidOf(inC)).toEqual(saidOf(inPython));
  });
});
