/** The lane of a ladder drawn with characters: where its hosts stand, and how an arrow is drawn between two of them. */
import { type Host, hostNamed, type HostName } from '../evidence/host.js';
import { Cells } from './cells.js';
import { filled, shortened } from './columns.js';
import { textWidth } from './text-width.js';

/** The cells of a host's line, which only those in between have: the outermost stand at the lane's edges. */
interface Column {
  readonly start: number;
  readonly end: number;
}

export interface Arrow {
  readonly name: string;
  readonly from: number;
  /** Another one. */
  readonly to: number;
  /** What stands at either end: a port. */
  readonly atFrom?: string;
  readonly atTo?: string;
  /** It ends in a cross. */
  readonly isDropped: boolean;
}

/** Between two hosts that stand alone; below it, what the rule dropped and what the socket tables said would not fit. */
const LEAST_LANE = 28;
/** `SYN/ACK ──▶`. */
const LEAST_GAP = 12;
/** What 80 columns hold between two hosts: longer arrows say no more. */
const MOST_GAP = 54;

const ASCII: Readonly<Record<'line' | 'crossing' | 'shaft' | 'right' | 'left' | 'cross' | 'cut', string>> = {
  ...{ line: '|', crossing: '+', shaft: '-', right: '>', left: '<', cross: 'x', cut: '~' },
};
const UNICODE: typeof ASCII = { line: '│', crossing: '┼', shaft: '─', right: '▶', left: '◀', cross: '✗', cut: '…' };

export class Lane {
  /** In cells. */
  readonly width: number;
  readonly #gap: number;
  readonly #columns: readonly Column[];
  readonly #marks: typeof ASCII;

  /** @param room how many cells there are for it; where they do not hold it, it is wider */
  constructor(
    private readonly hosts: readonly Host[],
    unicode: boolean,
    room: number,
  ) {
    this.#marks = unicode ? UNICODE : ASCII;
    const gaps = Math.max(1, hosts.length - 1);
    const line = textWidth(this.#marks.line);
    const lines = (gaps - 1) * line;
    const least = Math.max(LEAST_LANE, gaps * LEAST_GAP + lines);
    this.#gap = Math.floor((Math.max(least, Math.min(gaps * MOST_GAP + lines, room)) - lines) / gaps);
    this.width = gaps * this.#gap + lines;
    this.#columns = hosts.map((_, i) => {
      const start = i === gaps ? this.width : i * this.#gap + Math.max(0, i - 1) * line;
      return { start, end: start + (i === 0 || i === gaps ? 0 : line) };
    });
  }

  /** Which of the hosts it is, from the left. */
  placeOf(name: HostName): number {
    return this.hosts.indexOf(hostNamed(this.hosts, name));
  }

  /** The names of the hosts, each over its line. */
  heading(names: readonly string[]): string {
    const cells = new Cells();
    names.forEach((name, place) => {
      const shown = shortened(name, Math.floor((this.#gap - 1) / 2), this.#marks.cut);
      const { start, end } = this.#column(place);
      const width = textWidth(shown);
      const at = place === 0 ? 0 : end === start ? start - width : Math.floor((start + end - width) / 2);
      cells.put(at, shown);
    });
    return cells.toString();
  }

  /** Where a text at a host's line begins: on its right, of the last host on its left. */
  begins(place: number, text: string): number {
    const { start, end } = this.#column(place);
    if (place === 0) return 0;
    return start === end ? Math.max(0, start - textWidth(text)) : end + 1;
  }

  /** Between the lines of the hosts in between. */
  drawn(at: number, text: string): string {
    return this.#lines().put(at, text).toString().trimEnd();
  }

  /** `:41000 SYN ─────▶ :8888`; over the lines of those that it passes. */
  arrow({ name, from, to, atFrom = '', atTo = '', isDropped }: Arrow): string {
    const { shaft, right, left, cross, cut } = this.#marks;
    const isRight = from < to;
    const tip = isDropped ? cross : isRight ? right : left;
    const [atLeft, atRight] = isRight ? [atFrom, atTo] : [atTo, atFrom];
    const before = atLeft === '' ? '' : `${atLeft} `;
    const after = atRight === '' ? '' : ` ${atRight}`;
    const edges = this.#between(from, to, atTo !== '');
    const [start, end] = [edges.start + textWidth(before), edges.end - textWidth(after)];
    const shown = shortened(name, end - start - 2 * textWidth(shaft) - textWidth(tip) - 1, cut);
    const [first, last] = isRight ? [shown, tip] : [tip, shown];
    const cells = this.#lines()
      .put(edges.start, before + first)
      .put(end - textWidth(last), last + after);
    const [behindFirst, beforeLast] = isRight ? [1, 0] : [0, 1];
    this.#drawShaft(cells, start + textWidth(first) + behindFirst, end - textWidth(last) - beforeLast, isRight);
    return cells.toString();
  }

  /** What lies between two of them, a blank between a line and words at it: the sender's, and where it has a port the receiver's. */
  #between(from: number, to: number, hasPort: boolean): Column {
    const [sender, receiver] = [this.#column(from), this.#column(to)];
    const atSender = sender.start === sender.end ? 0 : 1;
    const atReceiver = receiver.start === receiver.end || !hasPort ? 0 : 1;
    return from < to
      ? { start: sender.end + atSender, end: receiver.start - atReceiver }
      : { start: receiver.end + atReceiver, end: sender.start - atSender };
  }

  /** A cell that no dash fills is on the sender's side. */
  #drawShaft(cells: Cells, start: number, end: number, isRight: boolean): void {
    const passed = this.#columns.filter((column) => column.start >= start && column.end <= end);
    let at = start;
    for (const column of [...passed, { start: end, end }]) {
      const dashes = filled(this.#marks.shaft, column.start - at);
      cells.put(isRight ? column.start - textWidth(dashes) : at, dashes);
      if (column.start < column.end) cells.put(column.start, this.#marks.crossing);
      at = column.end;
    }
  }

  #column(place: number): Column {
    return this.#columns[place] ?? { start: 0, end: 0 };
  }

  #lines(): Cells {
    const cells = new Cells();
    for (const { start, end } of this.#columns) if (start < end) cells.put(start, this.#marks.line);
    return cells;
  }
}
