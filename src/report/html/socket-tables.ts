/** The socket tables and the counters of the hosts, as far as they were looked at. */
import type { Language } from '../../error.js';
import type { Evidence } from '../../evidence/evidence.js';
import { type Host, hostNamed } from '../../evidence/host.js';
import { endpoint } from '../../wire/flow.js';
import { say } from '../words.js';
import { html, type Html } from './markup.js';
import { WORDS } from './words.js';

export function socketTablesHtml(
  { hosts, sockets, counters }: Pick<Evidence, 'hosts' | 'sockets' | 'counters'>,
  language: Language,
): Html {
  const shown = sockets.filter(({ rows }) => rows.length > 0);
  const grown = hosts
    .map((host) => ({ host, by: counters[host.name] ?? {} }))
    .filter(({ by }) => Object.keys(by).length > 0);
  return html`${
    shown.length === 0
      ? undefined
      : html`<details>
          <summary>${say(WORDS.sockets, language)}</summary>
          ${shown.map(
            ({ host, when, rows }) =>
              html`<table>
                <caption>
                  ${say(hostNamed(hosts, host).title, language)}, ${say(WHEN[when], language)}
                </caption>
                <tbody>
                  ${rows.map(
                    ({ state, receiveQueue, sendQueue, src, srcPort, dst, dstPort }) =>
                      html`<tr>
                        <td><code>${state}</code></td>
                        <td><code>${receiveQueue} ${sendQueue}</code></td>
                        <td><code>${endpoint(src, srcPort)}</code></td>
                        <td><code>${endpoint(dst, dstPort)}</code></td>
                      </tr>`,
                  )}
                </tbody>
              </table>`,
          )}
        </details>`
  }
  ${
    grown.length === 0
      ? undefined
      : html`<details>
          <summary>${say(WORDS.counters, language)}</summary>
          ${grown.map(({ host, by }) => countersHtml(host, by, language))}
        </details>`
  }`;
}

const countersHtml = ({ title }: Host, counters: Readonly<Record<string, number>>, language: Language): Html =>
  html`<p>
    ${say(title, language)}:
    <code
      >${Object.entries(counters)
        .map(([name, by]) => `${name} +${String(by)}`)
        .join('  ')}</code
    >
  </p>`;

const WHEN = {
  before: { en: 'before', zh: '之前' },
  during: { en: 'during', zh: '期间' },
  after: { en: 'after', zh: '之后' },
} as const;
