/** HTML put together from templates: what is put in is printable and escaped, unless it is HTML already. */
import { printable } from '../../printable.js';

/** Markup that may stand in a page as it is. */
export class Html {
  constructor(readonly markup: string) {}
}

type Insert = Html | string | number | readonly Insert[] | undefined | null;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => printable(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

function markupOf(insert: Insert): string {
  if (insert === undefined || insert === null) return '';
  if (insert instanceof Html) return insert.markup;
  if (typeof insert === 'object') return insert.map(markupOf).join('');
  return escape(String(insert));
}

/** A template: html`<b>${text}</b>`. Lists are put one behind the other; undefined and null are nothing. */
export const html = (strings: TemplateStringsArray, ...inserts: readonly Insert[]): Html =>
  new Html(strings.reduce((markup, string, i) => markup + markupOf(inserts[i - 1]) + string));

/** Between the lines of preformatted text. */
export const LINE_BREAK = new Html('\n');

/** Texts of a line each, for where line breaks count. */
export const inLines = (lines: readonly string[]): readonly Html[] => lines.map((line) => html`${line}${LINE_BREAK}`);
