/** The names that stand for values in an exercise, and whether each is known where it is used. */
import type { Text } from '../error.js';
import type { Exercise } from './schema.js';
import { namesIn, parseTemplate } from './expression.js';
import { parseNotation } from '../wire/index.js';
import { ACK_IS_A_DOT, meansAck } from './answer.js';
import { hasOneVariant } from './cases.js';
import { decisionsIn, isCheck } from './decisions.js';
import { expected } from './expected.js';
import { fieldOf, known, notKnownBefore } from './expected-name.js';
import { excesses } from './extremes.js';
import { HostCheck } from './host-check.js';
import { parsePattern } from './pattern.js';
import { actionOf, OWN, type Step } from './step-schema.js';
import type { Path, YamlDocument } from './yaml-document.js';
import type { Problem } from './problem.js';

/** Of a packet that was captured under a name. */
export const PACKET_FIELDS = ['seq', 'ack', 'iss', 'window', 'length', 'port', 'flags', 'options', 'text'] as const;
/** Of a host, without anything being captured. */
export const HOST_FIELDS = ['iss', 'port', 'address'] as const;

/** What a step can observe: one of these. */
const OBSERVABLE = ['next', 'state', 'connect', 'unread', 'packets', 'sockets', 'counter', 'value'] as const;

/** No step is looked at beyond: each problem costs time to word, and few are shown. */
const ENOUGH_PROBLEMS = 200;

/** Everything in the steps that is not as the rest of the exercise makes it necessary. */
export function checkNames(exercise: Exercise, document: YamlDocument): readonly Problem[] {
  return new NameCheck(exercise, document).problems();
}

class NameCheck {
  readonly #problems: Problem[] = [];
  readonly #values = new Set<string>();
  /** What was captured or observed by the steps before. */
  readonly #packets = new Set<string>();
  readonly #observations = new Set<string>();
  readonly #questions;
  readonly #hosts;

  constructor(
    private readonly exercise: Exercise,
    private readonly document: YamlDocument,
  ) {
    this.#hosts = new HostCheck(exercise);
    this.#questions = new Map(exercise.questions.map((question) => [question.id, question]));
    for (const name of Object.keys(exercise.variables)) this.#values.add(name);
    for (const row of exercise.variants ?? []) for (const name of Object.keys(row)) this.#values.add(name);
  }

  problems(): readonly Problem[] {
    const { variants = [], questions } = this.exercise;
    for (const [i, row] of variants.entries()) {
      for (const name of Object.keys(variants[0] ?? {}))
        if (!Object.hasOwn(row, name))
          this.#add(
            ['variants', i],
            expected(`a value for ${name}, as the first variant has one`, `${name} 的值，因为第一个变体有它`),
          );
    }
    const { variantsPerStudent = 1 } = this.exercise;
    if (variantsPerStudent > Math.max(variants.length, 1))
      this.#add(
        ['variantsPerStudent'],
        expected(
          `at most as many as there are variants: ${String(variants.length)}`,
          `不超过变体的个数：${String(variants.length)}`,
        ),
      );
    const seen = new Set<string>();
    for (const [i, { id }] of questions.entries()) {
      if (seen.has(id))
        this.#add(['questions', i, 'id'], expected(`another id: ${id} is taken`, `另一个 id：${id} 已被使用`));
      seen.add(id);
    }
    this.#text(this.exercise.text, ['text']);
    for (const [i, { ask, hint }] of questions.entries()) {
      this.#text(ask, ['questions', i, 'ask']);
      if (hint !== undefined) this.#text(hint, ['questions', i, 'hint']);
    }
    this.#beforehand(this.exercise.ports, ['ports']);
    this.#beforehand(this.exercise.addresses, ['addresses']);
    this.#beforehand(this.exercise.link, ['link']);
    if (this.#problems.length === 0) for (const { path, message } of excesses(this.exercise)) this.#add(path, message);
    this.#steps(this.exercise.steps, ['steps']);
    // Only then: what is wrong in a step may be the reason why nothing decides a question.
    if (this.#problems.length === 0) {
      const decided = decidedIn(this.exercise.steps);
      for (const [i, question] of questions.entries()) this.#question(question, decided, ['questions', i]);
    }
    return this.#problems;
  }

  #question(question: Exercise['questions'][number], decided: ReadonlySet<string | undefined>, path: Path): void {
    switch (question.kind) {
      case 'choice': {
        const names = Object.keys(question.options);
        if (!names.includes(question.right))
          this.#add(
            [...path, 'right'],
            expected(`one of the options: ${names.join(', ')}`, `选项之一：${names.join('、')}`),
          );
        return;
      }
      case 'text':
        for (const [i, source] of question.matches.entries()) {
          const pattern = parsePattern(source);
          if (pattern.ok) continue;
          this.#add([...path, 'matches', i], pattern.error);
          return;
        }
        return;
      case 'prediction':
        if (!this.#observations.has(question.is))
          this.#add(
            [...path, 'is'],
            expected(
              `the name of an observation (observe: { …, as: ${question.is} } in a step)`,
              `观察结果的名字（步骤中的 observe: { …, as: ${question.is} }）`,
            ),
          );
        return;
      case 'number':
      case 'packet':
      case 'rule':
      case 'program':
        if (!decided.has(question.id))
          this.#add(
            path,
            expected(
              `a step that uses \${answer.${question.id}}, and a check in it or behind it`,
              `使用 \${answer.${question.id}} 的步骤，并在其中或其后有核对`,
            ),
          );
    }
  }

  #steps(steps: readonly Step[], path: Path): void {
    for (const [i, step] of steps.entries()) {
      if (this.#problems.length >= ENOUGH_PROBLEMS) return;
      this.#step(step, [...path, i]);
    }
  }

  #step(step: Step, path: Path): void {
    const action = actionOf(step);
    const inside = [...path, action];
    if (step.for !== undefined && step.for !== OWN && !this.#questions.has(step.for))
      this.#add([...path, 'for'], known('the id of a question, or none', '问题的 id，或 none', this.#questions.keys()));
    if (step.repeat !== undefined) {
      this.#templates({ times: step.repeat.times }, inside);
      if (step.repeat.as !== undefined) this.#values.add(step.repeat.as);
      this.#steps(step.repeat.steps, [...inside, 'steps']);
      return;
    }
    for (const { key, message } of this.#hosts.problems(step)) this.#add([...inside, ...key], message);
    this.#templates(step[action], inside);
    const { packet } = (step.send ?? step.expect ?? step.seen ?? {}) as { readonly packet?: string };
    if (packet !== undefined && !packet.includes('${')) this.#notation(packet, [...inside, 'packet']);
    const as = (step.expect ?? step.seen)?.as;
    if (as !== undefined) this.#packets.add(as);
    if (step.observe !== undefined) this.#observe(step.observe, inside);
  }

  #observe(step: NonNullable<Step['observe']>, path: Path): void {
    const { is, as } = step;
    if (OBSERVABLE.filter((what) => step[what] !== undefined).length !== 1)
      this.#add(path, expected(`one of ${OBSERVABLE.join(', ')}`, `${OBSERVABLE.join('、')} 之一`));
    if (is === undefined && as === undefined)
      this.#add(
        path,
        expected('as: a name for it, or is: the value that it must have', 'as:（它的名字）或 is:（它必须具有的值）'),
      );
    if (as === undefined) return;
    this.#observations.add(as);
    if (step.next !== undefined) this.#packets.add(as);
  }

  /** What students read may have values that are known before anything is run. */
  #text({ en, zh }: Text, path: Path): void {
    const where =
      typeof this.document.at(path) === 'string'
        ? [[en, path] as const]
        : ([
            [en, [...path, 'en']],
            [zh, [...path, 'zh']],
          ] as const);
    for (const [text, place] of where) {
      const template = parseTemplate(text);
      if (!template.ok) this.#add(place, template.error.message, template.error.column);
      else
        for (const { name, column } of namesIn(template.value))
          if (!this.#isKnownBefore(name)) this.#add(place, notKnownBefore(name), column);
    }
  }

  #isKnownBefore(name: string): boolean {
    const [head = '', field = ''] = name.split('.');
    const { variables, variants: [row] = [{}], hosts } = this.exercise;
    if (head !== 'client' && head !== 'server')
      return Object.hasOwn(variables, name) || (hasOneVariant(this.exercise) && Object.hasOwn(row ?? {}, name));
    return field === 'port' || field === 'address' || (field === 'iss' && hosts[head] === 'raw');
  }

  /** What a lab is built of: nothing but variables can be in it. */
  #beforehand(value: unknown, path: Path): void {
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) this.#beforehand(inner, [...path, key]);
    if (typeof value !== 'string') return;
    const template = parseTemplate(value);
    if (!template.ok) {
      this.#add(path, template.error.message, template.error.column);
      return;
    }
    for (const { name, column } of namesIn(template.value))
      if (!this.#values.has(name))
        this.#add(path, known(`a variable, not ${name}`, `变量，而不是 ${name}`, this.#values), column);
  }

  /** Every expression in every text of a step. */
  #templates(value: unknown, path: Path): void {
    if (typeof value === 'string') this.#template(value, path);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) this.#templates(inner, [...path, key]);
  }

  #template(text: string, path: Path): void {
    const template = parseTemplate(text);
    if (!template.ok) {
      this.#add(path, template.error.message, template.error.column);
      return;
    }
    for (const { name, column } of namesIn(template.value)) {
      const wrong = this.#wrongName(name);
      if (wrong !== undefined) this.#add(path, wrong, column);
    }
  }

  #wrongName(name: string): Text | undefined {
    const [head = '', field, ...rest] = name.split('.');
    if (head === 'answer') {
      const question = field === undefined ? undefined : this.#questions.get(field);
      if (question === undefined || rest.length > 0)
        return known('answer. and the id of a question', 'answer. 加上问题的 id', this.#questions.keys());
      return undefined;
    }
    if (field === undefined) {
      if (this.#values.has(head) || this.#observations.has(head)) return undefined;
      if (this.#packets.has(head)) return fieldOf(head, PACKET_FIELDS);
      return known(`a name that is known here, not ${head}`, `这里已知的名字，而不是 ${head}`, [
        ...this.#values,
        ...this.#observations,
      ]);
    }
    const fields: readonly string[] | undefined = this.#packets.has(head)
      ? PACKET_FIELDS
      : head === 'client' || head === 'server'
        ? HOST_FIELDS
        : undefined;
    if (fields === undefined)
      return known(
        `client, server or a packet of an earlier step (as: …), not ${head}`,
        `client、server 或此前步骤的报文（as: …），而不是 ${head}`,
        this.#packets,
      );
    if (fields.includes(field) && rest.length === 0) return undefined;
    return fieldOf(head, fields);
  }

  #notation(text: string, path: Path): void {
    const parsed = parseNotation(text);
    if (!parsed.ok) this.#add(path, { en: parsed.error.message, zh: parsed.error.zh }, parsed.error.column);
    else if (meansAck(parsed.value)) this.#add(path, ACK_IS_A_DOT);
  }

  #add(path: Path, message: Text, column?: number): void {
    this.#problems.push(this.document.problem(path, message, column));
  }
}

/** Questions whose points some check decides. */
const decidedIn = (steps: readonly Step[]): ReadonlySet<string | undefined> =>
  new Set([...decisionsIn(steps)].flatMap(([step, all]) => (isCheck(step) ? all.map((one) => one?.question) : [])));
