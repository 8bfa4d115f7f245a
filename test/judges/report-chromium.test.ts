/** A browser reads the report: no error in its console, and the ladder is in the page. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { USER_RULE } from '../../src/lab/remedies/user-rules.js';
import { compareHtml } from '../../src/report/html/compare-page.js';
import { experimentsHtml } from '../../src/report/html/experiment-page.js';
import { EXPERIMENT_RUN, FILTERED_RUN, RESET_RUN } from '../support/evidence.js';

const folder = mkdtempSync(join(tmpdir(), 'rawshake-report-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const remedyOf = ({ remedy }: HandshakeRun) => (remedy === 'rule' ? USER_RULE : REMEDIES[remedy]);

const CONTEXT = { kernel: '6.18.44', rootless: false, language: 'en' } as const;

/** The page as the browser has it once its scripts have run, and what it logged. */
function browse(name: string, page: string): { readonly dom: string; readonly log: string } {
  const file = join(folder, name);
  // Written by the page itself, what its console hears stands in the page.
  const listening = `<script>addEventListener('error', (e) => document.documentElement.dataset.error = e.message);</script>`;
  writeFileSync(
    file,
    page.replace('<meta charset="utf-8" />', (meta) => `${meta}${listening}`),
  );
  const done = spawnSync(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr', '--v=0', '--dump-dom'],
      ...[`--user-data-dir=${join(folder, 'profile')}`, pathToFileURL(file).href],
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (done.error !== undefined) throw done.error;
  return { dom: done.stdout, log: done.stderr };
}

const ladderOf = (dom: string): string[] =>
  [...dom.matchAll(/data-rung="packet" data-from="(\w+)" data-sender="(\w+)"[^]*?class="name">([^<]*)/g)].map(
    ([, from, sender, name]) => `${name ?? ''} from ${from ?? ''} by ${sender ?? ''}`,
  );

test('compare', () => {
  const page = compareHtml([RESET_RUN, FILTERED_RUN], remedyOf, CONTEXT);
  const { dom, log } = browse('compare.html', page);
  expect(ladderOf(dom).slice(0, 5)).toEqual([
    'SYN from client by rawshake',
    'SYN/ACK from server by kernel',
    'RST from client by kernel',
    'ACK from client by rawshake',
    'RST from server by kernel',
  ]);
  expect(dom).not.toContain('data-error');
  expect(log).not.toMatch(/CONSOLE|Uncaught/);
  // The script has run: the buttons, hidden without it, are there.
  expect(dom).not.toMatch(/<button[^>]* hidden/);
});

test('an experiment', () => {
  const { dom, log } = browse('experiment.html', experimentsHtml([EXPERIMENT_RUN], CONTEXT));
  expect(ladderOf(dom)).toEqual(['SYN from client by rawshake', 'RST/ACK from server by kernel']);
  expect(dom).not.toContain('data-error');
  expect(log).not.toMatch(/CONSOLE|Uncaught/);
});
