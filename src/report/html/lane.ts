/** Where the hosts of a ladder stand in its lane, from its left edge to its right, and what is drawn between them. */
import { type Host, hostNamed, type HostName } from '../../evidence/host.js';
import { html, type Html } from './markup.js';

export class HtmlLane {
  constructor(readonly hosts: readonly Host[]) {}

  host(name: HostName): Host {
    return hostNamed(this.hosts, name);
  }

  /** What the style calls the lane's two edges; a host in between is at neither. */
  edgeOf(name: HostName): 'client' | 'server' | 'between' {
    const share = this.#shareOf(name);
    return share === 0 ? 'client' : share === 1 ? 'server' : 'between';
  }

  /** A name over the lane. */
  heading(name: HostName, title: string): Html {
    if (this.edgeOf(name) !== 'between') return html`<span>${title}</span>`;
    const place = `grid-column: 2; grid-row: 1; position: relative; left: ${this.#xOf(name)}`;
    return html`<span style="${place}; justify-self: start; transform: translateX(-50%)">${title}</span>`;
  }

  /** A lane with what a host says, which begins at its line. */
  note(name: HostName, words: string): Html {
    if (this.edgeOf(name) !== 'between')
      return html`<span class="lane"><span class="note">${words}</span>${this.#lines}</span>`;
    const left = `calc((100% + 1.5rem) * ${this.#shareOf(name).toFixed(5)} - .75rem)`;
    const place = `display: block; text-align: left; margin-left: ${left}`;
    return html`<span class="lane"><span class="note" style="${place}">${words}</span>${this.#lines}</span>`;
  }

  /** What is written at an arrow: where there are more than two hosts, in the gap beside its sender, so that no line goes through it. */
  label(from: HostName, to: HostName, words: readonly (Html | undefined)[]): Html {
    const [start, end] = [this.#shareOf(from), this.#shareOf(to)];
    if (this.hosts.length <= 2 || start === end) return html`${words}`;
    const gap = 1 / (this.hosts.length - 1);
    const left = start < end ? start : start - gap;
    const [before, behind] = [left, 1 - left - gap].map((share) => `${(share * 100).toFixed(3)}%`);
    return html`<span style="display: block; margin: 0 ${behind} 0 ${before}">${words}</span>`;
  }

  /** From one to another, its head at that; or a cross, where it was dropped. */
  arrow(from: HostName, to: HostName, isDropped: boolean): Html {
    const [start, end] = [this.#xOf(from), this.#xOf(to)];
    const isRight = this.#shareOf(from) < this.#shareOf(to);
    const svg = isRight
      ? arrowSvg(start, end, true, isDropped ? TIP.rightDropped : TIP.right)
      : arrowSvg(end, start, false, isDropped ? TIP.leftDropped : TIP.left);
    return html`${svg}${this.#lines}`;
  }

  /** Out of the host and back into it. */
  loop(name: HostName): Html {
    return html`${loopSvg(this.#xOf(name), this.edgeOf(name) === 'server')}${this.#lines}`;
  }

  /** Keeps the lines behind what is drawn and written, and before the page. */
  under(ladder: Html): Html {
    return this.#lines.length === 0 ? ladder : html`<div style="isolation: isolate">${ladder}</div>`;
  }

  /** Of the hosts in between. */
  get #lines(): readonly Html[] {
    return this.hosts.slice(1, -1).map(({ name }) => {
      const place = `position: absolute; top: 0; bottom: 0; left: ${this.#xOf(name)}`;
      return html`<i aria-hidden="true" style="${place}; border-left: 2px solid var(--line); z-index: -1"></i>`;
    });
  }

  #shareOf(name: HostName): number {
    return this.hosts.indexOf(this.host(name)) / Math.max(1, this.hosts.length - 1);
  }

  /** `0`, `33.333%`, `100%`. */
  #xOf(name: HostName): string {
    const share = this.#shareOf(name);
    return share === 0 ? '0' : `${Math.round(share * 1e5) / 1e3}%`;
  }
}

/** From the left or from the right. */
const arrowSvg = (left: string, right: string, isRight: boolean, tip: string): Html =>
  isRight
    ? html`<svg class="arrow" aria-hidden="true">
        <line x1="${left}" y1="6" x2="${right}" y2="6" />
        <svg x="${right}" overflow="visible"><path d="${tip}" /></svg>
      </svg>`
    : html`<svg class="arrow" aria-hidden="true">
        <line x1="${left}" y1="6" x2="${right}" y2="6" />
        ${pathAt(left, tip)}
      </svg>`;

const TIP = {
  right: 'M-9,1 L0,6 L-9,11',
  left: 'M9,1 L0,6 L9,11',
  rightDropped: 'M-10,2 L-2,10 M-2,2 L-10,10',
  leftDropped: 'M10,2 L2,10 M2,2 L10,10',
} as const;

const loopSvg = (x: string, isAtRight: boolean): Html =>
  isAtRight
    ? html`<svg class="arrow" aria-hidden="true">
        <svg x="${x}" overflow="visible"><path d="M0,-6 H-24 V6 H-3 M-9,1 L0,6 L-9,11" /></svg>
      </svg>`
    : html`<svg class="arrow" aria-hidden="true">${pathAt(x, 'M0,-6 H24 V6 H3 M9,1 L0,6 L9,11')}</svg>`;

const pathAt = (x: string, path: string): Html =>
  x === '0' ? html`<path d="${path}" />` : html`<svg x="${x}" overflow="visible"><path d="${path}" /></svg>`;
