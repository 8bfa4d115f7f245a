/** What `compare` found as one HTML page: the ladders side by side, the verdicts, and why. */
import type { RemedyNotRun } from '../../evidence/not-run.js';
import { asExpected, type HandshakeRun } from '../../evidence/run.js';
import { shellLine } from '../../filter/shell.js';
import type { ReportContext } from '../context.js';
import type { RemedyOf } from '../cures.js';
import { notRunWords } from '../experiment-words.js';
import { handshakeTimeline } from '../../evidence/handshake-timeline.js';
import { AS_EXPECTED, explanation, notAsExpected, peerSaw, ruleHits, say, verdict } from '../words.js';
import { ladderHtml } from './ladder.js';
import { html, inLines, type Html } from './markup.js';
import { openAllButton, pageHtml } from './page.js';
import { WORDS } from './words.js';

export function compareHtml(
  runs: readonly HandshakeRun[],
  remedyOf: RemedyOf,
  context: ReportContext,
  notRun: readonly RemedyNotRun[] = [],
): string {
  const { language } = context;
  const why = explanation(runs);
  return pageHtml(
    'rawshake compare',
    html`<div class="side-by-side">${runs.map((run) => runHtml(run, remedyOf(run), context))}</div>
      ${notRun.map(
        (one) =>
          html`<p>${one.remedy}, IPv${one.family}: ${say(notRunWords(one), language)}. ${say(one.hint, language)}</p>`,
      )}
      ${
        why &&
        html`<h3>${say(WORDS.why, language)}</h3>
          <p>${say(why, language)}</p>`
      }`,
    context,
  );
}

function runHtml(run: HandshakeRun, { title, because }: ReturnType<RemedyOf>, { language }: ReportContext): Html {
  const ok = asExpected(run);
  const heading = `${say(title, language)}, IPv${String(run.family)}`;
  const hits = ruleHits(run);
  return html`<section class="run" data-remedy="${run.remedy}">
    <h2>${heading}</h2>
    <p>
      <span class="badge ${run.observed === 'established' ? 'ok' : 'bad'}">${say(verdict(run), language)}</span>
      ${say(ok ? AS_EXPECTED : notAsExpected(run), language)}
    </p>
    ${openAllButton(language)} ${ladderHtml({ hosts: run.hosts, moments: handshakeTimeline(run) }, heading, language)}
    ${[...peerSaw(run), ...(hits === undefined ? [] : [hits])].map((text) => html`<p>${say(text, language)}</p>`)}
    <p>${say(because, language)}</p>
    ${
      run.rule &&
      html`<h3>${say(WORDS.rule, language)}</h3>
        <pre class="commands">${inLines(run.rule.commands.map(shellLine))}</pre>`
    }
  </section>`;
}
