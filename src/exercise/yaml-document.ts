/** YAML with the place of each value in the file, held against a zod schema. */
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { about, type Text } from '../error.js';
import { err, ok, type Result } from '../wire/index.js';
import { expected, messageText } from './expected.js';
import { keptText } from './kept.js';
import { excessIn, type Fault } from './nesting.js';
import type { Problem } from './problem.js';
import { yamlFault } from './yaml-fault.js';
import { YamlWalk } from './yaml-walk.js';

export type Path = readonly PropertyKey[];

/** The place of each is looked for. */
const MOST_ISSUES = 100;

export class YamlDocument {
  readonly #lines = new LineCounter();
  readonly #document;
  readonly #text: string;
  readonly #excess: Fault | undefined;
  readonly #walk: YamlWalk;

  constructor(text: string) {
    this.#text = text;
    this.#excess = excessIn(text, this.#lines.addNewLine);
    this.#document = parseDocument(this.#excess === undefined ? text : '', {
      prettyErrors: false,
      logLevel: 'error', // a warning would be printed by Node.js, with whatever is in it
      uniqueKeys: false, // held against all before, each of many keys would take longer than the last
    });
    this.#walk = new YamlWalk(this.#document);
  }

  /** What the parser says is wrong first, for the rest mostly comes of it; empty where it is YAML. */
  get problems(): readonly Problem[] {
    if (this.#excess !== undefined) return [this.#problem(this.#excess.at, noYaml(this.#excess.why))];
    const [wrong] = this.#document.errors;
    if (wrong === undefined) {
      const { fault } = this.#walk;
      return fault === undefined ? [] : [this.#problem(fault.at, fault.why)];
    }
    return [this.#problem(wrong.pos[0], noYaml(yamlFault(wrong)))];
  }

  /** Its content as plain data, or what is wrong with it. */
  value(): Result<unknown, readonly Problem[]> {
    const { problems } = this;
    if (problems.length > 0) return err(problems);
    try {
      // The walk has counted what the aliases stand for; by its own count one of what is empty stands for nothing.
      return ok(this.#document.toJS({ maxAliasCount: -1 }));
    } catch {
      return err([
        this.#problem(0, noYaml({ en: 'what it stands for cannot be made of it', zh: '无法还原它所代表的内容' })),
      ]);
    }
  }

  /** Its content as the schema gives it, or every problem in the order of the file. */
  check<Schema extends z.ZodType>(schema: Schema): Result<z.output<Schema>, readonly Problem[]> {
    const value = this.value();
    if (!value.ok) return value;
    const result = schema.safeParse(value.value, { reportInput: true });
    if (result.success) return ok(result.data);
    const issues = result.error.issues.slice(0, MOST_ISSUES);
    // Of a mapping with an unknown key, all else that is wrong with it as a whole comes of that.
    const misspelt = new Set(issues.flatMap(({ code, path }) => (code === 'unrecognized_keys' ? pathText(path) : [])));
    const first = issues.filter(({ code, path }) => code !== 'custom' || !misspelt.has(pathText(path)));
    return err(first.flatMap((issue) => this.#problemsOf(issue)));
  }

  /** The plain value at `path`. */
  at(path: Path): unknown {
    return this.#document.getIn(path);
  }

  /** A problem with the value at `path`; `column` counts from its first character, where that is known. */
  problem(path: Path, message: Text, column?: number): Problem {
    const node = this.#document.getIn(path, true) as Node | undefined;
    const start = this.#startOf(path);
    const quote = isScalar(node) && (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE') ? 1 : 0;
    const isFlow = isScalar(node) && (node.type === 'PLAIN' || quote === 1);
    const at = column === undefined ? start : isFlow ? start + quote + column - 1 : this.#inBlock(node, start, column);
    return this.#problem(at, path.length > 0 ? about(pathText(path), message) : message);
  }

  #problemsOf(issue: z.core.$ZodIssue): Problem[] {
    if (issue.code === 'unrecognized_keys') return this.#misspelt(issue);
    // Where nothing stands, the place is that of what it should stand in.
    const missing = issue.path.length > 0 && issue.input === undefined;
    const { en, zh } = messageText(issue.message);
    return [
      this.problem(
        issue.path,
        missing ? { en: `${en}, and there is nothing`, zh: `${zh}，而这里什么也没有` } : { en, zh },
      ),
    ];
  }

  #misspelt({ path, keys, message }: z.core.$ZodIssueUnrecognizedKeys): Problem[] {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const places = new Map(isMap(map) ? this.#walk.keysOf(map.items) : []);
    return keys.map((key) =>
      this.#problem(places.get(key) ?? this.#startOf(path), about(pathText([...path, key]), messageText(message))),
    );
  }

  #problem(offset: number, message: Text): Problem {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.#text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1), message: keptText(message) };
  }

  /** In a block scalar a column of its value is no column of the file: there the word is looked for that begins at it. */
  #inBlock(node: Node | undefined, start: number, column: number): number {
    if (!isScalar(node) || typeof node.value !== 'string') return start;
    const word = /^\S*/.exec(node.value.slice(column - 1))?.[0] ?? '';
    const before = node.value.slice(0, column - 1).split(word).length;
    let at = start - word.length;
    for (let i = 0; i < before && at >= start - word.length; i++) at = this.#text.indexOf(word, at + word.length);
    return at < start ? start : at;
  }

  /** Where the value at `path` begins; of one that is not there, where that begins in which it should be. */
  #startOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true) as Node | undefined;
      if (node?.range != null) return node.range[0];
    }
    return this.#document.contents?.range[0] ?? 0;
  }
}

const noYaml = (why: Text): Text => about(expected('YAML', 'YAML'), why);

/** `steps[2].send.packet`. */
export const pathText = (path: Path): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
