/** A map of bounded size from which those give way that were longest not asked for, half of them at a time. */

export class Generations<Value> {
  #recent = new Map<string, Value>();
  #older = new Map<string, Value>();

  /** @param most how many it holds at the most; even */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  get(key: string): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const older = this.#older.get(key);
    if (older === undefined) return undefined;
    // What is older gives way as a whole, so there is room.
    this.#older.delete(key);
    this.#recent.set(key, older);
    return older;
  }

  /** Gives those that have to give way. A key that it has is not added again. */
  add(key: string, value: Value): readonly Value[] {
    const gone = this.#recent.size < this.most / 2 ? [] : this.#turn();
    this.#recent.set(key, value);
    return gone;
  }

  delete(key: string): void {
    this.#recent.delete(key);
    this.#older.delete(key);
  }

  clear(): void {
    this.#recent.clear();
    this.#older.clear();
  }

  values(): readonly Value[] {
    return [...this.#older.values(), ...this.#recent.values()];
  }

  #turn(): readonly Value[] {
    const gone = [...this.#older.values()];
    this.#older = this.#recent;
    this.#recent = new Map();
    return gone;
  }
}
