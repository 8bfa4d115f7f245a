/** A run as a ladder: an arrow for each packet, which opens to its bytes, and between them what the kernels say. */
import type { Language } from '../../error.js';
import type { HostName } from '../../evidence/host.js';
import { formatSegment, TcpFlag } from '../../wire/index.js';
import { packetName, portsText, remarkOf, wordsOf } from '../moment-words.js';
import type { Moment, MomentOf } from '../../evidence/moment.js';
import { endOf, isByHand } from '../../evidence/packet.js';
import type { Recording } from '../../evidence/recording.js';
import { senderWords } from '../sender-words.js';
import { kernelOf, say } from '../words.js';
import { HtmlLane } from './lane.js';
import { html, type Html } from './markup.js';
import { packetHtml } from './packet.js';
import { WORDS } from './words.js';

/** With all that the kernels and programs did, for there is room. `label`: what it is of, for those who do not see it. */
export function ladderHtml(
  { hosts, moments }: Pick<Recording, 'hosts' | 'moments'>,
  label: string,
  language: Language,
): Html {
  const lane = new HtmlLane(hosts);
  const shown = moments.filter(({ type, isTelling }) => isTelling || type === 'event' || type === 'call');
  const ladder = html`<div class="hosts" aria-hidden="true">
      ${hosts.map(({ name, title }) => lane.heading(name, say(title, language)))}
    </div>
    <ol class="ladder" aria-label="${label}">
      ${shown.map((moment) => momentHtml(moment, lane, language))}
    </ol>`;
  return lane.under(ladder);
}

function momentHtml(moment: Moment, lane: HtmlLane, language: Language): Html {
  switch (moment.type) {
    case 'scene':
      return html`<li class="scene">${say(wordsOf(moment, lane.hosts), language)}</li>`;
    case 'packet':
      return packetMomentHtml(moment, lane, language);
    case 'dropped':
      return droppedHtml(moment, lane, language);
    case 'adopted':
      return noteHtml(moment, moment.host, [], lane, language);
    case 'lookup':
      return noteHtml(moment, moment.lookup.host, [], lane, language);
    case 'event':
      return noteHtml(moment, moment.event.host, moment.event.stack ?? [], lane, language);
    case 'bulk':
    case 'left-out':
      return html`<li class="said bulk">${say(wordsOf(moment, lane.hosts), language)}</li>`;
    case 'call':
      return callHtml(moment, lane, language);
  }
}

const timeOf = ({ ms }: Moment): string => (ms < 0 ? '' : ms.toFixed(3));

function packetMomentHtml(moment: MomentOf<'packet'>, lane: HtmlLane, language: Language): Html {
  const { packet: observed, numbers } = moment;
  const { from, to, packet, segment } = observed;
  const remark = remarkOf(moment, lane.hosts);
  const reset = (segment.flags & TcpFlag.RST) !== 0;
  const who = say(senderWords(observed, lane.host(from)), language);
  const way = `${say(lane.host(from).title, language)} → ${say(lane.host(to).title, language)}`;
  return html`<li
    class="rung ${reset ? 'reset' : isByHand(observed) ? 'rawshake' : 'kernel'}"
    data-rung="packet"
    data-from="${from}"
    data-sender="${observed.sender}"
  >
    <details>
      <summary>
        <span class="ms">${timeOf(moment)}</span>
        <span class="lane">
          ${lane.label(from, to, [
            html`<span class="name">${say(packetName(moment), language)}</span>
              <code class="notation">${formatSegment(segment, numbers)}</code>`,
            portsText(moment) === '' ? undefined : html`<span class="ports">${portsText(moment)}</span>`,
          ])}
          ${from === to ? lane.loop(from) : lane.arrow(from, endOf(observed), observed.droppedAt !== undefined)}
          <span class="unseen">${way}</span>
          ${remark === undefined ? undefined : html`<span class="ignored">${say(remark, language)}</span>`}
        </span>
        <span class="sender">${who}</span>
      </summary>
      ${packetHtml(packet.bytes, numbers, language)}
    </details>
  </li>`;
}

/** It never passed the link: half an arrow. */
const droppedHtml = (moment: MomentOf<'dropped'>, lane: HtmlLane, language: Language): Html =>
  html`<li class="said dropped ${lane.edgeOf(moment.host)}" data-rung="dropped" data-from="${moment.host}">
    <div class="row">
      <span class="ms">${moment.isTimed ? timeOf(moment) : ''}</span>
      ${lane.note(moment.host, `RST ✗ ${say(wordsOf(moment, lane.hosts), language)}`)}
      <span class="sender">${say(kernelOf(lane.host(moment.host)), language)}</span>
    </div>
  </li>`;

function noteHtml(
  moment: MomentOf<'adopted' | 'lookup' | 'event'>,
  host: HostName,
  stack: readonly string[],
  lane: HtmlLane,
  language: Language,
): Html {
  const line = html`<span class="ms">${timeOf(moment)}</span>
    ${lane.note(host, say(wordsOf(moment, lane.hosts), language))}
    <span class="sender"></span>`;
  const edge = lane.edgeOf(host);
  const attributes = html`class="said ${moment.type} ${edge}" data-rung="${moment.type}" data-from="${host}"`;
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

/** A call is a program's; of which host is told of foreign ones. */
const callHtml = (moment: MomentOf<'call'>, lane: HtmlLane, language: Language): Html =>
  html`<li class="said call ${moment.call.host ?? 'client'}" data-rung="call">
    <div class="row">
      <span class="ms">${timeOf(moment)}</span>
      <span class="lane"><span class="note">${say(wordsOf(moment, lane.hosts), language)}</span></span>
      <span class="sender">${moment.call.program}</span>
    </div>
  </li>`;
