/** Experiments as one HTML page: what was done and seen, whether it was as expected, and why it is so. */
import type { Language } from '../../error.js';
import type { ExperimentRun } from '../../evidence/experiment.js';
import type { ReportContext } from '../context.js';
import { runVerdict, valueWords, VERDICTS } from '../experiment-words.js';
import { timeline } from '../../evidence/timeline.js';
import { say } from '../words.js';
import { ladderHtml } from './ladder.js';
import { html, inLines, type Html } from './markup.js';
import { openAllButton, pageHtml } from './page.js';
import { socketTablesHtml } from './socket-tables.js';
import { WORDS } from './words.js';

export function experimentsHtml(runs: readonly ExperimentRun[], context: ReportContext): string {
  const { language } = context;
  const [first] = runs;
  const alone = runs.length === 1 && first !== undefined;
  const title = alone ? say(first.title, language) : 'rawshake lab';
  const contents = alone ? undefined : contentsHtml(runs, language);
  return pageHtml(title, html`${contents}${runs.map((run) => runHtml(run, alone, context))}`, context);
}

const idOf = ({ id, family }: ExperimentRun): string => `${id}-${String(family)}`;

const badge = (run: ExperimentRun, language: Language): Html =>
  run.failure !== undefined || run.notRun !== undefined
    ? html`<span class="badge bad">${say(runVerdict(run), language)}</span>`
    : run.ok
      ? html`<span class="badge ok">✓ ${say(WORDS.asExpected, language)}</span>`
      : html`<span class="badge bad">✗ ${say(WORDS.notAsExpected, language)}</span>`;

const contentsHtml = (runs: readonly ExperimentRun[], language: Language): Html =>
  html`<nav aria-label="${say(WORDS.contents, language)}">
    <ol>
      ${runs.map(
        (run) =>
          html`<li>
            <a href="#${idOf(run)}">${say(run.title, language)}, IPv${run.family}</a>
            ${run.ok ? '✓' : run.notRun === undefined ? '✗' : '-'}
          </li>`,
      )}
    </ol>
  </nav>`;

/** `alone`: its title is the page's. */
function runHtml(run: ExperimentRun, alone: boolean, { language, command }: ReportContext): Html {
  const heading = (words: { readonly en: string; readonly zh: string }): Html => html`<h3>${say(words, language)}</h3>`;
  const { id, family, title, claim, steps, explanation, next, byHand, missing } = run;
  const recording = { hosts: run.hosts, moments: timeline(run) };
  return html`<section class="run" id="${idOf(run)}">
    <h2>${alone ? undefined : `${say(title, language)} `}${badge(run, language)}</h2>
    ${say(claim, language) === '' ? undefined : html`<p class="claim">${say(claim, language)}</p>`}
    <p class="context">
      ${command === undefined ? `${id}, IPv${String(family)}` : html`<code>rawshake ${command} ${id} --family ${family}</code>`}
    </p>
    ${
      steps.length === 0
        ? undefined
        : html`${heading(WORDS.steps)}
            <ol>
              ${steps.map((step) => html`<li>${say(step, language)}</li>`)}
            </ol>`
    }
    ${heading(WORDS.facts)} ${factsHtml(run, language)} ${heading(WORDS.ladder)} ${openAllButton(language)}
    ${ladderHtml(recording, say(title, language), language)} ${socketTablesHtml(run, language)}
    ${missing.length === 0 ? undefined : html`${heading(WORDS.missing)} ${missing.map((text) => html`<p>${say(text, language)}</p>`)}`}
    ${
      say(explanation, language) === ''
        ? undefined
        : html`${heading(WORDS.why)}
            <p>${say(explanation, language)}</p>`
    }
    ${claimsHtml(run, language)} ${next.length === 0 ? undefined : heading(WORDS.next)}
    ${next.map((text) => html`<p>${say(text, language)}</p>`)}
    ${
      byHand.length === 0
        ? undefined
        : html`${heading(WORDS.byHand)}
            <pre class="commands">${inLines(byHand.map(({ host, line }) => `${host}# ${line}`))}</pre>`
    }
  </section>`;
}

const factsHtml = ({ facts }: ExperimentRun, language: Language): Html =>
  html`<table class="facts">
    <thead>
      <tr>
        <th scope="col">${say(WORDS.what, language)}</th>
        <th scope="col">${say(WORDS.expected, language)}</th>
        <th scope="col">${say(WORDS.observed, language)}</th>
      </tr>
    </thead>
    <tbody>
      ${facts.map(
        ({ name, what, expected, observed, ok }) =>
          html`<tr data-fact="${name}">
            <th scope="row">${say(what, language)}</th>
            <td><code>${say(valueWords(expected), language)}</code></td>
            <td class="${ok ? 'right' : 'wrong'}">
              ${ok ? '✓' : '✗'} <code>${say(valueWords(observed), language)}</code>
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;

const claimsHtml = ({ claims }: ExperimentRun, language: Language): Html | undefined =>
  claims.length === 0
    ? undefined
    : html`<h3>${say(WORDS.claims, language)}</h3>
        <ul class="claims">
          ${claims.map(
            ({ text, verdict, because }) =>
              html`<li>
                <span class="badge ${verdict}">${say(VERDICTS[verdict], language)}</span> <q>${say(text, language)}</q>
                <p>${say(because, language)}</p>
              </li>`,
          )}
        </ul>`;
