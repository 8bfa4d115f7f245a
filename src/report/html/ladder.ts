/** A run as a ladder: an arrow for each packet, which opens to its bytes, and between them what the kernels say. */
import type { Language, Text } from '../../error.js';
import type { HostName } from '../../evidence/host.js';
import type { KernelEvent, SystemCall } from '../../evidence/kernel-event.js';
import type { Lookup } from '../../evidence/lookup.js';
import { type ObservedPacket, receiverOf } from '../../evidence/packet.js';
import { endpoint } from '../../wire/flow.js';
import { formatSegment, TcpFlag, type SegmentFormat } from '../../wire/index.js';
import { segmentName } from '../segment-name.js';
import type { Moment } from '../timeline.js';
import { HOSTS, kernelOf, say } from '../words.js';
import { html, type Html } from './markup.js';
import { packetHtml } from './packet.js';
import { WORDS } from './words.js';

/** `label`: what the ladder is of, for those who do not see it. */
export function ladderHtml(moments: readonly Moment[], label: string, language: Language): Html {
  const start = moments.find(({ type }) => type === 'packet')?.atMs ?? 0;
  return html`<div class="hosts" aria-hidden="true">
      <span>${say(HOSTS.client, language)}</span><span>${say(HOSTS.server, language)}</span>
    </div>
    <ol class="ladder" aria-label="${label}">
      ${moments.map((moment) => momentHtml(moment, start, language))}
    </ol>`;
}

function momentHtml(moment: Moment, start: number, language: Language): Html {
  const ms = moment.atMs < start ? '' : (moment.atMs - start).toFixed(3);
  switch (moment.type) {
    case 'scene':
      return html`<li class="scene">${say(moment.scene.title, language)}</li>`;
    case 'packet':
      return rungHtml(moment.packet, moment.numbers, ms, language);
    case 'lookup':
      return noteHtml('lookup', moment.lookup.host, ms, lookupWords(moment.lookup), [], language);
    case 'event':
      return noteHtml('event', moment.event.host, ms, eventWords(moment.event), moment.event.stack ?? [], language);
    case 'call':
      return callHtml(moment.call, ms);
  }
}

function rungHtml(observed: ObservedPacket, numbers: SegmentFormat, ms: string, language: Language): Html {
  const { from, sender, packet, segment } = observed;
  const to = receiverOf(observed);
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
        <span class="ms">${ms}</span>
        <span class="lane">
          <span class="name">${segmentName(segment)}</span>
          <code class="notation">${formatSegment(segment, numbers)}</code>
          ${from === to ? loopSvg(from) : arrowSvg(from)}
          <span class="unseen">${way}</span>
        </span>
        <span class="sender">${who}</span>
      </summary>
      ${packetHtml(packet.bytes, numbers, language)}
    </details>
  </li>`;
}

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
  kind: string,
  host: HostName,
  ms: string,
  words: Text,
  stack: readonly string[],
  language: Language,
): Html {
  const line = html`<span class="ms">${ms}</span>
    <span class="lane"><span class="note">${say(words, language)}</span></span>
    <span class="sender">${say(kernelOf(host), language)}</span>`;
  const attributes = html`class="said ${kind} ${host}" data-rung="${kind}" data-from="${host}"`;
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

function lookupWords({ owner, src, srcPort, dst, dstPort }: Lookup): Text {
  const tuple = `${endpoint(src, srcPort)} ↔ ${endpoint(dst, dstPort)}`;
  return owner === 'none'
    ? { en: `${WORDS.unowned.en} ${tuple}`, zh: `${WORDS.unowned.zh} ${tuple}` }
    : { en: `${owner}: ${tuple}`, zh: `${owner}：${tuple}` };
}

function eventWords({ event, reason, function: where, oldState, newState }: KernelEvent): Text {
  const states = oldState === undefined || newState === undefined ? '' : `${oldState} → ${newState}`;
  const words = [event, reason === undefined ? '' : `reason=${reason}`, states, where ?? '']
    .filter((word) => word !== '')
    .join('  ');
  return { en: words, zh: words };
}

/** A call is a program's, and not to be told of which host. */
const callHtml = ({ program, name, result }: SystemCall, ms: string): Html =>
  html`<li class="said call client" data-rung="call">
    <div class="row">
      <span class="ms">${ms}</span>
      <span class="lane"><span class="note">${name}()${result === undefined ? '' : ` = ${String(result)}`}</span></span>
      <span class="sender">${program}</span>
    </div>
  </li>`;
