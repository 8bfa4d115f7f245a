/** What may be wrong with a document that the parser takes: its keys, and what its aliases (`*a`) stand for, before any of it is made. */
import { type Alias, type Document, isAlias, isCollection, isMap, isPair, isScalar, type Node, type Pair } from 'yaml';
import type { Text } from '../error.js';
import { expected } from './expected.js';
import { type Fault, MOST_LEVELS, TOO_DEEP } from './nesting.js';

/** Characters and nodes of a document with its aliases written out: as many as the largest file has. */
const MOST_WRITTEN_OUT = 1 << 20;

/** In plain JavaScript data no key: setting it sets what the object inherits from, and zod leaves it out without a word. */
const LOST = '__proto__';

const TOO_LONG = expected(
  `aliases (*) that stand for less than ${String(MOST_WRITTEN_OUT)} characters`,
  `所代表的内容少于 ${String(MOST_WRITTEN_OUT)} 个字符的别名（*）`,
);

/** What an anchor names. */
interface Anchored {
  readonly node: Node;
  /** Of what it holds; none yet while the walk is in it. */
  size?: Size;
}

interface Size {
  readonly levels: number;
  /** With all aliases in it written out. */
  readonly weight: number;
}

/** Walks a document once, in the order of the file, for an alias stands for the last anchor of its name before it. */
export class YamlWalk {
  /** The first thing that is wrong. */
  fault: Fault | undefined;
  readonly #anchors = new Map<string, Anchored>();
  readonly #targets = new Map<Alias, Node>();
  #weight = 0;

  constructor({ contents }: Document) {
    this.#levelsOf(contents, 0);
  }

  /** Each key that is a name, as the name that it becomes, and where it stands. */
  keysOf(items: readonly Pair[]): readonly (readonly [name: string, at: number])[] {
    return items.flatMap(({ key }) => {
      const name = this.#nameOf(key);
      return name === undefined ? [] : [[name, placeOf(key)] as const];
    });
  }

  /** How many levels a node has that lies in so many; goes no deeper than the text does, whose depth is bounded. */
  #levelsOf(node: unknown, depth: number): number {
    if (this.fault !== undefined) return 0;
    if (isAlias(node)) return this.#follow(node, depth);
    const start = this.#weight;
    const anchored = this.#anchor(node);
    this.#weight += 1 + (isScalar(node) ? (node.source?.length ?? 0) : 0);
    let levels = 0;
    if (isCollection(node)) {
      for (const item of node.items as readonly unknown[]) levels = Math.max(levels, this.#itemOf(item, depth + 1));
      if (isMap(node)) this.#holdKeys(node.items);
      levels += 1;
    }
    if (anchored !== undefined) anchored.size = { levels, weight: this.#weight - start };
    return levels;
  }

  #itemOf(item: unknown, depth: number): number {
    if (!isPair(item)) return this.#levelsOf(item, depth);
    const ofKey = this.#levelsOf(item.key, depth);
    // The parser would write it out as a name, and warn of that.
    if (this.#nameOf(item.key) === undefined)
      this.#wrong(item.key, expected('a text or a number as a key', '文字或数作为键'));
    return Math.max(ofKey, this.#levelsOf(item.value, depth));
  }

  #anchor(node: unknown): Anchored | undefined {
    if (!(isScalar(node) || isCollection(node)) || node.anchor === undefined) return undefined;
    const anchored: Anchored = { node };
    this.#anchors.set(node.anchor, anchored);
    return anchored;
  }

  #follow(alias: Alias, depth: number): number {
    const anchored = this.#anchors.get(alias.source);
    if (anchored === undefined) {
      const { source } = alias;
      this.#wrong(alias, expected(`an anchor (&${source}) before its alias (*)`, `锚（&${source}）在其别名（*）之前`));
      return 0;
    }
    const { node, size } = anchored;
    // In itself it has no end.
    if (size === undefined || depth + size.levels > MOST_LEVELS) {
      const { en, zh } = TOO_DEEP;
      this.#wrong(alias, expected(`YAML: ${en}, by an alias (*)`, `YAML：由别名（*）造成${zh}`));
      return 0;
    }
    this.#targets.set(alias, node);
    this.#weight += size.weight;
    if (this.#weight > MOST_WRITTEN_OUT) this.#wrong(alias, TOO_LONG);
    return size.levels;
  }

  /** Of two values of one key one would be lost (YAML 1.2.2 §3.2.1.3), and any of `LOST`. */
  #holdKeys(items: readonly Pair[]): void {
    const seen = new Set<string>();
    for (const [key, at] of this.keysOf(items)) {
      if (key === LOST) this.fault ??= { at, why: expected(`another key than ${LOST}`, `${LOST} 以外的键`) };
      if (seen.has(key))
        this.fault ??= {
          at,
          why: expected(`each key once, and ${key} is there already`, `互不相同的键，而 ${key} 已经有了`),
        };
      if (this.fault !== undefined) return;
      seen.add(key);
    }
  }

  /** YAML's null becomes the empty name, a number or truth value the word for it. */
  #nameOf(key: unknown): string | undefined {
    if (key === null) return '';
    const node = isAlias(key) ? this.#targets.get(key) : key;
    if (!isScalar(node)) return undefined;
    const { value } = node;
    if (value === null) return '';
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;
  }

  #wrong(node: unknown, why: Text): void {
    this.fault ??= { at: placeOf(node), why };
  }
}

const placeOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
