/** One self-contained HTML file: no network, one style, one script. */
import type { Language } from '../../error.js';
import type { ReportContext } from '../context.js';
import { say } from '../words.js';
import { html, Html } from './markup.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';
import { WORDS } from './words.js';

export function pageHtml(title: string, content: Html, { kernel, rootless, language }: ReportContext): string {
  const languages: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };
  return html`<!doctype html>
    <html lang="${languages[language]}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p class="context">Linux ${kernel}${rootless ? ' (rootless)' : ''}</p>
          <ul class="legend" aria-label="${say(WORDS.legend, language)}">
            <li><i class="rawshake"></i>${say(WORDS.byRawshake, language)}</li>
            <li><i class="kernel"></i>${say(WORDS.byKernel, language)}</li>
            <li><i class="reset"></i>${say(WORDS.reset, language)}</li>
            <li><i class="event"></i>${say(WORDS.kernelSays, language)}</li>
          </ul>
          ${content}
        </main>
        ${new Html(`<script>${SCRIPT};</script>`)}
      </body>
    </html> `.markup;
}

/** Opens and closes all packets of a section; shown only where scripts run. */
export const openAllButton = (language: Language): Html =>
  html`<button type="button" hidden data-close="${say(WORDS.closeAll, language)}">
    ${say(WORDS.openAll, language)}
  </button>`;
