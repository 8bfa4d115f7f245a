/**
 * Who waits for an answer, in the order of sending: one doubly linked list for each number of repetitions, all in two
 * flat arrays (RFC 6298: each repetition waits twice as long, so within a list deadlines come in order).
 */

export class Deadlines {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  /** `members` are numbered from 0; behind them in the arrays each list has its head. */
  constructor(
    private readonly members: number,
    readonly lists: number,
  ) {
    this.#next = Int32Array.from({ length: members + lists }, (_, i) => i);
    this.#previous = this.#next.slice();
  }

  /** Puts `member`, which is in no list, behind all others of `list`. */
  append(list: number, member: number): void {
    const head = this.members + list;
    const last = this.#previous[head] ?? head;
    this.#next[last] = member;
    this.#previous[member] = last;
    this.#next[member] = head;
    this.#previous[head] = member;
  }

  /** Takes `member` out of its list; where it is in none, nothing happens. */
  remove(member: number): void {
    const next = this.#next[member] ?? member;
    const previous = this.#previous[member] ?? member;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[member] = member;
    this.#previous[member] = member;
  }

  /** Who has waited longest in `list`; -1 where nobody does. */
  first(list: number): number {
    const first = this.#next[this.members + list] ?? -1;
    return first < this.members ? first : -1;
  }
}
