/** What stands in `${…}` in an exercise: whole numbers, names, `+ - *` and brackets; numbers wrap at 32 bits, as TCP's do. */
import { about, type Text } from '../error.js';
import { err, ok, type Result } from '../wire/index.js';
import { expected } from './expected.js';
import { keptText } from './kept.js';

export type Value = number | string;

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string; readonly column: number }
  | {
      readonly kind: 'operation';
      readonly operator: '+' | '-' | '*';
      readonly left: Expression;
      readonly right: Expression;
    };

/** Of one expression: more would only be to make the evaluation run out of stack. */
const MOST_CHARACTERS = 1000;
const MOST_BRACKETS = 50;
/** Of one text. */
const MOST_EXPRESSIONS = 200;
/** Characters of a text whose expressions are filled in: more than a packet or a write of an exercise can use. */
const MOST_FILLED = 64 << 10;

const TOO_LONG = expected(
  `at most ${String(MOST_CHARACTERS)} characters in an expression`,
  `不超过 ${String(MOST_CHARACTERS)} 个字符的表达式`,
);
const TOO_MANY = expected(
  `at most ${String(MOST_EXPRESSIONS)} \${…} in a text`,
  `不超过 ${String(MOST_EXPRESSIONS)} 个 \${…} 的文字`,
);
const TOO_DEEP = expected(`brackets at most ${String(MOST_BRACKETS)} deep`, `不超过 ${String(MOST_BRACKETS)} 层的括号`);

/** Text, and expressions in it. */
export type Template = readonly (string | Expression)[];

export interface ExpressionError {
  /** Counted from 1, in the whole text. */
  readonly column: number;
  /** What was expected there. */
  readonly message: Text;
}

/** The value of a name; throws `MissingValue` where it has none now. */
export type Scope = (name: string) => Value;

/** A name that has no value, or one that cannot be used so; a student is told. */
export class MissingValue extends Error {
  override readonly name = 'MissingValue';

  readonly text: Text;

  constructor(text: Text) {
    const told = keptText(text);
    super(told.en);
    this.text = told;
  }
}

/** An answer that is nothing of its kind: it is told by itself, whatever the step wanted of it. */
export class UnusableAnswer extends MissingValue {}

/** `'ack ${synack.iss + 1}'`. Never throws. */
export function parseTemplate(text: string): Result<Template, ExpressionError> {
  const parts: (string | Expression)[] = [];
  let at = 0;
  let expressions = 0;
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', at)) {
    const end = text.indexOf('}', start);
    if (end < 0) return err({ column: start + 1, message: expected('} after ${', '${ 之后的 }') });
    if (++expressions > MOST_EXPRESSIONS) return err({ column: start + 1, message: TOO_MANY });
    const parsed = parseExpression(text.slice(start + 2, end), start + 2);
    if (!parsed.ok) return parsed;
    if (start > at) parts.push(text.slice(at, start));
    parts.push(parsed.value);
    at = end + 1;
  }
  if (at < text.length) parts.push(text.slice(at));
  return ok(parts);
}

/** The inside of `${…}`. `offset`: where it begins in a larger text. Never throws. */
export function parseExpression(text: string, offset = 0): Result<Expression, ExpressionError> {
  if (text.length > MOST_CHARACTERS) {
    return err({ column: offset + MOST_CHARACTERS + 1, message: TOO_LONG });
  }
  const reader = new Reader(text, offset);
  const value = reader.sum();
  if (reader.error === undefined) reader.end();
  return reader.error === undefined ? ok(value) : err(reader.error);
}

/** The names in it, with their columns. */
export function namesIn(template: Template): readonly { readonly name: string; readonly column: number }[] {
  return template.flatMap((part) => (typeof part === 'string' ? [] : namesOf(part)));
}

const namesOf = (expression: Expression): readonly { readonly name: string; readonly column: number }[] => {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'name':
      return [expression];
    case 'operation':
      return [...namesOf(expression.left), ...namesOf(expression.right)];
  }
};

/** @throws {MissingValue} */
export function evaluate(expression: Expression, scope: Scope): Value {
  return expression.kind === 'name' ? scope(expression.name) : numberOf(expression, scope);
}

function numberOf(expression: Expression, scope: Scope): number {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'name':
      return numberNamed(expression.name, scope);
    case 'operation': {
      const [left, right] = [numberOf(expression.left, scope), numberOf(expression.right, scope)];
      switch (expression.operator) {
        case '+':
          return (left + right) >>> 0;
        case '-':
          return (left - right) >>> 0;
        case '*':
          return Math.imul(left, right) >>> 0;
      }
    }
  }
}

function numberNamed(name: string, scope: Scope): number {
  const value = scope(name);
  if (typeof value === 'number') return value;
  throw new MissingValue({
    en: `${name} is ${JSON.stringify(value)}, not a number`,
    zh: `${name} 是 ${JSON.stringify(value)}，不是数`,
  });
}

/** A `fill` for the same texts again and again: each is parsed once. */
export function filling(): typeof fill {
  const parsed = new Map<string, Template>();
  return (text, scope) => {
    const known = parsed.get(text);
    if (known !== undefined) return fillTemplate(known, scope);
    const template = parseTemplate(text);
    if (template.ok) parsed.set(text, template.value);
    return fill(text, scope);
  };
}

/**
 * A text with its expressions replaced by their values; one that is nothing but an expression keeps its value's type.
 * @throws {MissingValue}
 */
export function fill(text: string, scope: Scope): Value {
  const template = parseTemplate(text);
  if (!template.ok) throw new MissingValue(about(text, template.error.message));
  return fillTemplate(template.value, scope);
}

/** @throws {MissingValue} */
function fillTemplate(template: Template, scope: Scope): Value {
  const [first] = template;
  if (template.length === 1 && typeof first === 'object') {
    const value = evaluate(first, scope);
    if (typeof value === 'string' && value.length > MOST_FILLED) throw tooLong();
    return value;
  }
  let filled = '';
  for (const part of template) {
    filled += typeof part === 'string' ? part : String(evaluate(part, scope));
    if (filled.length > MOST_FILLED) throw tooLong();
  }
  return filled;
}

const tooLong = (): MissingValue =>
  new MissingValue({
    en: `the text is longer than ${String(MOST_FILLED)} characters, once it is filled in`,
    zh: `填入数值后，文字超过 ${String(MOST_FILLED)} 个字符`,
  });

/** Recursive descent; after an error nothing more is taken. */
class Reader {
  #at = 0;
  #brackets = 0;
  error: ExpressionError | undefined;

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {}

  sum(): Expression {
    let left = this.#product();
    for (let operator = this.#take(/[+-]/y); operator !== undefined; operator = this.#take(/[+-]/y)) {
      left = { kind: 'operation', operator: operator as '+' | '-', left, right: this.#product() };
    }
    return left;
  }

  end(): void {
    if (this.#take(/$/y) === undefined) this.#fail(expected('+ - * or the end', '+ - * 或结尾'));
  }

  #product(): Expression {
    let left = this.#atom();
    while (this.#take(/\*/y) !== undefined) left = { kind: 'operation', operator: '*', left, right: this.#atom() };
    return left;
  }

  #atom(): Expression {
    const digits = this.#take(/0x[\da-fA-F]+|\d+/y);
    if (digits !== undefined) {
      const value = Number(digits);
      if (value > 0xffff_ffff) this.#fail(expected('a number that fits in 32 bits', '32 位以内的数'));
      return { kind: 'number', value };
    }
    if (this.#take(/\(/y) !== undefined) {
      if (++this.#brackets > MOST_BRACKETS) this.#fail(TOO_DEEP);
      const inner = this.sum();
      if (this.#take(/\)/y) === undefined) this.#fail(expected(')', ')'));
      this.#brackets--;
      return inner;
    }
    const name = this.#take(/[A-Za-z_]\w*(\.[A-Za-z_]\w*)*/y);
    if (name !== undefined) return { kind: 'name', name, column: this.offset + this.#at - name.length + 1 };
    this.#fail(expected('a whole number, a name or (', '整数、名字或 ('));
    return { kind: 'number', value: 0 };
  }

  /** Takes what a sticky pattern matches behind blanks. */
  #take(pattern: RegExp): string | undefined {
    if (this.error !== undefined) return undefined;
    this.#skipBlanks();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #skipBlanks(): void {
    while (this.text.charAt(this.#at) === ' ') this.#at++;
  }

  #fail(message: Text): void {
    this.#skipBlanks();
    this.error ??= { column: this.offset + this.#at + 1, message };
  }
}
