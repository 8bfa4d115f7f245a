/** The checks of one case as they come, each of the step that is being played. */
import type { Text } from '../error.js';
import type { Check } from '../evidence/exercise.js';
import type { Value } from './expression.js';
import type { Room } from './kept.js';

/** A step as checks name it. */
export interface StepName {
  /** Where it stands in the script: `steps[2].send`. */
  readonly path: string;
  readonly label?: Text | undefined;
  /** Whose points it decides; undefined: no question's. */
  readonly question?: string | undefined;
}

export class Checks {
  readonly all: Check[] = [];
  #step: StepName = { path: '' };

  /**
   * @param isShown whether the exercise is played to show what happens, as nothing is asked
   * @param unasked what has come to hands and no step has asked for: mostly it says what went wrong
   */
  constructor(
    private readonly room: Room,
    private readonly isShown: boolean,
    private readonly unasked: () => readonly string[],
  ) {}

  /** From here on checks belong to this step. */
  begin(step: StepName): void {
    this.#step = step;
  }

  /** The question that the step decides. */
  get question(): string | undefined {
    return this.#step.question;
  }

  /** Of the step that is being played. */
  get path(): string {
    return this.#step.path;
  }

  add(what: Text, expected: Value, observed: Value, ok = expected === observed): void {
    const received = ok ? [] : this.unasked();
    this.#keep({
      ...this.#decisive,
      what,
      expected: String(expected),
      observed: String(observed),
      ok,
      ...(received.length > 0 && { received }),
    });
  }

  /** What was observed without being held against anything: it is shown where there is nothing else to show. */
  note(what: Text, observed: Value): void {
    if (this.isShown) this.#keep({ ...this.#named, what, expected: '', observed: String(observed), ok: true });
  }

  /** A step cannot be done: an answer cannot be used, or what it needs has not come. */
  impossible(action: string, why: Text): void {
    this.refuse({ en: `${action} is not possible: ${why.en}`, zh: `无法执行 ${action}：${why.zh}` });
  }

  /** A check that failed, and compares nothing. */
  refuse(what: Text): void {
    this.#keep({ ...this.#decisive, what, expected: '', observed: '', ok: false });
  }

  get #named(): Pick<Check, 'step' | 'label'> {
    const { path: step, label } = this.#step;
    return { step, ...(label !== undefined && { label }) };
  }

  get #decisive(): Pick<Check, 'step' | 'label' | 'question'> {
    return { ...this.#named, ...(this.question !== undefined && { question: this.question }) };
  }

  #keep(check: Check): void {
    this.all.push(this.room.check(check));
  }
}
