/** A run as a ladder: an arrow for each packet, which opens to its bytes, and between them what the kernels say. */
import type { Language } from '../../error.js';
import { HOSTS, type HostName } from '../../evidence/host.js';
import { formatSegment, TcpFlag } from '../../wire/index.js';
import { ignoredWords, packetName, portsText, wordsOf } from '../moment-words.js';
import type { Moment, MomentOf } from '../../evidence/moment.js';
import { kernelOf, say } from '../words.js';
import { html, type Html } from './markup.js';
import { packetHtml } from './packet.js';
import { WORDS } from './words.js';

/** With all that the kernels and programs did, for there is room. `label`: what it is of, for those who do not see it. */
export function ladderHtml(moments: readonly Moment[], label: string, language: Language): Html {
  const shown = moments.filter(({ type, isTelling }) => isTelling || type === 'event' || type === 'call');
  return html`<div class="hosts" aria-hidden="true">
      <span>${say(HOSTS.client, language)}</span><span>${say(HOSTS.server, language)}</span>
    </div>
    <ol class="ladder" aria-label="${label}">
      ${shown.map((moment) => momentHtml(moment, language))}
    </ol>`;
}

function momentHtml(moment: Moment, language: Language): Html {
  switch (moment.type) {
    case 'scene':
      return html`<li class="scene">${say(wordsOf(moment), language)}</li>`;
    case 'packet':
      return packetMomentHtml(moment, language);
    case 'dropped':
      return droppedHtml(moment, language);
    case 'adopted':
      return noteHtml(moment, moment.host, [], language);
    case 'lookup':
      return noteHtml(moment, moment.lookup.host, [], language);
    case 'event':
      return noteHtml(moment, moment.event.host, moment.event.stack ?? [], language);
    case 'bulk':
    case 'left-out':
      return html`<li class="said bulk">${say(wordsOf(moment), language)}</li>`;
    case 'call':
      return callHtml(moment, language);
  }
}

const timeOf = ({ ms }: Moment): string => (ms < 0 ? '' : ms.toFixed(3));

function packetMomentHtml(moment: MomentOf<'packet'>, language: Language): Html {
  const { packet: observed, numbers, to } = moment;
  const { from, sender, packet, segment, ignored } = observed;
  const reset = (segment.flags & TcpFlag.RST) !== 0;
  const who = sender === 'rawshake' ? 'rawshake' : say(kernelOf(from), language);
  const way = `${say(HOSTS[from], language)} → ${say(HOSTS[to], language)}`;
  return html`<li
    class="rung ${reset ? 'reset' : sender}"
    data-rung="packet"
    data-from="${from}"
    data-sender="${sender}"
  >
    <details>
      <summary>
        <span class="ms">${timeOf(moment)}</span>
        <span class="lane">
          <span class="name">${say(packetName(moment), language)}</span>
          <code class="notation">${formatSegment(segment, numbers)}</code>
          ${portsText(moment) === '' ? undefined : html`<span class="ports">${portsText(moment)}</span>`}
          ${from === to ? loopSvg(from) : arrowSvg(from)}
          <span class="unseen">${way}</span>
          ${ignored === undefined ? undefined : html`<span class="ignored">${say(ignoredWords(ignored), language)}</span>`}
        </span>
        <span class="sender">${who}</span>
      </summary>
      ${packetHtml(packet.bytes, numbers, language)}
    </details>
  </li>`;
}

/** It never passed the link: half an arrow. */
const droppedHtml = (moment: MomentOf<'dropped'>, language: Language): Html =>
  html`<li class="said dropped ${moment.host}" data-rung="dropped" data-from="${moment.host}">
    <div class="row">
      <span class="ms">${moment.isTimed ? timeOf(moment) : ''}</span>
      <span class="lane"><span class="note">RST ✗ ${say(wordsOf(moment), language)}</span></span>
      <span class="sender">${say(kernelOf(moment.host), language)}</span>
    </div>
  </li>`;

/** A line over the whole lane, its head at the host that it reaches. */
const arrowSvg = (from: HostName): Html =>
  from === 'client'
    ? html`<svg class="arrow" aria-hidden="true">
        <line x1="0" y1="6" x2="100%" y2="6" />
        <svg x="100%" overflow="visible"><path d="M-9,1 L0,6 L-9,11" /></svg>
      </svg>`
    : html`<svg class="arrow" aria-hidden="true">
        <line x1="0" y1="6" x2="100%" y2="6" />
        <path d="M9,1 L0,6 L9,11" />
      </svg>`;

/** Out of the host and back into it. */
const loopSvg = (from: HostName): Html =>
  from === 'client'
    ? html`<svg class="arrow" aria-hidden="true"><path d="M0,-6 H24 V6 H3 M9,1 L0,6 L9,11" /></svg>`
    : html`<svg class="arrow" aria-hidden="true">
        <svg x="100%" overflow="visible"><path d="M0,-6 H-24 V6 H-3 M-9,1 L0,6 L-9,11" /></svg>
      </svg>`;

function noteHtml(
  moment: MomentOf<'adopted' | 'lookup' | 'event'>,
  host: HostName,
  stack: readonly string[],
  language: Language,
): Html {
  const line = html`<span class="ms">${timeOf(moment)}</span>
    <span class="lane"><span class="note">${say(wordsOf(moment), language)}</span></span>
    <span class="sender"></span>`;
  const attributes = html`class="said ${moment.type} ${host}" data-rung="${moment.type}" data-from="${host}"`;
  if (stack.length === 0) return html`<li ${attributes}><div class="row">${line}</div></li>`;
  return html`<li ${attributes}>
    <details>
      <summary>${line}</summary>
      <div class="stack">
        <p>${say(WORDS.stack, language)}</p>
        <ol>
          ${stack.map((name) => html`<li><code>${name}</code></li>`)}
        </ol>
      </div>
    </details>
  </li>`;
}

/** A call is a program's, and not to be told of which host. */
const callHtml = (moment: MomentOf<'call'>, language: Language): Html =>
  html`<li class="said call client" data-rung="call">
    <div class="row">
      <span class="ms">${timeOf(moment)}</span>
      <span class="lane"><span class="note">${say(wordsOf(moment), language)}</span></span>
      <span class="sender">${moment.call.program}</span>
    </div>
  </li>`;
