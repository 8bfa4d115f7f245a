/** A line of a terminal, cell by cell: what is put in covers what was there. */
import { pieces } from '../printable.js';
import { textWidth } from './text-width.js';

export class Cells {
  /** A character that takes two cells is followed by an empty one. */
  readonly #cells: string[] = [];

  /** From cell `at` on. */
  put(at: number, text: string): this {
    let next = at;
    for (const piece of pieces(text)) {
      const width = textWidth(piece);
      if (width === 0) this.#mark(next - 1, piece);
      else {
        this.#clear(next, next + width);
        this.#cells[next] = piece;
        next += width;
      }
    }
    return this;
  }

  toString(): string {
    return this.#cells.join('');
  }

  /** A mark stands on the character before it. */
  #mark(at: number, piece: string): void {
    const cell = this.#cells[at];
    if (cell === '') this.#mark(at - 1, piece);
    else if (cell !== undefined) this.#cells[at] = cell + piece;
  }

  /** What reaches into these cells goes as a whole. */
  #clear(from: number, to: number): void {
    const cells = this.#cells;
    while (cells.length < to) cells.push(' ');
    let [first, end] = [from, to];
    while (cells[first] === '') first -= 1;
    while (cells[end] === '') end += 1;
    cells.fill(' ', first, end).fill('', from + 1, to);
  }
}
