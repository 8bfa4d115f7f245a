/** A packet opened: its bytes, and every field of its headers with where it lies and what it means. */
import type { Language } from '../../error.js';
import type { SegmentFormat } from '../../wire/index.js';
import type { Field, Section } from '../dissection/field.js';
import { dissect, partsOf } from '../dissection/parts.js';
import { sectionsOf } from '../dissection/sections.js';
import { say } from '../words.js';
import { html, LINE_BREAK, type Html } from './markup.js';
import { WORDS } from './words.js';

/** `bytes`: from the IP header on. */
export function packetHtml(bytes: Uint8Array, numbers: SegmentFormat, language: Language): Html {
  const sections = sectionsOf(partsOf(dissect(bytes, 'raw')), bytes, numbers);
  return html`<div class="dissection">
    ${hexHtml(bytes, sections)} ${sections.map((section) => sectionHtml(section, language))}
  </div>`;
}

/** Each byte knows its place, so that a field that is pointed at can light up its own. */
function hexHtml(bytes: Uint8Array, sections: readonly Section[]): Html {
  const layer = (i: number): number => sections.findIndex(({ offset, size }) => i >= offset && i < offset + size);
  const digits = (byte: number): string => byte.toString(16).padStart(2, '0');
  return html`<pre class="hex" aria-hidden="true">
${[...bytes].map(
      (byte, i) =>
        html`<i class="layer${layer(i) % 5}" data-at="${i}">${digits(byte)}</i>${i % 16 === 15 ? LINE_BREAK : ' '}`,
    )}</pre>`;
}

const sectionHtml = ({ title, source, fields }: Section, language: Language): Html =>
  html`<table>
    <caption>
      ${say(title, language)}
      <small>${source}</small>
    </caption>
    <thead class="unseen">
      <tr>
        <th scope="col">${say(WORDS.field, language)}</th>
        <th scope="col">${say(WORDS.value, language)}</th>
        <th scope="col">${say(WORDS.meaning, language)}</th>
      </tr>
    </thead>
    <tbody>
      ${fields.map((field) => fieldHtml(field, language))}
    </tbody>
  </table>`;

function fieldHtml({ name, offset, size, value, meaning, ok, details = [] }: Field, language: Language): Html {
  const judged = ok === undefined ? '' : ok ? 'right' : 'wrong';
  const active = details.filter((detail) => detail.active);
  return html`<tr data-from="${offset}" data-to="${offset + size}">
      <th scope="row">${say(name, language)}</th>
      <td><code>${value}</code></td>
      <td class="${judged}">${meaning && say(meaning, language)}</td>
    </tr>
    ${active.map(
      (detail) =>
        html`<tr data-from="${offset}" data-to="${offset + size}">
          <th scope="row" class="detail">${say(detail.name, language)}</th>
          <td><code>${detail.value}</code></td>
          <td>${say(detail.meaning, language)}</td>
        </tr>`,
    )}`;
}
