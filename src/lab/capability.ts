/** One line of what a machine can do. */
import { messagesOf, RawshakeError, type Text } from '../error.js';
import { throwIfInterrupted } from './until.js';

/** Something that is looked for. */
export interface Need {
  readonly name: string;
  /** The main job cannot run without it. */
  readonly needed: boolean;
  /** What cannot be done without it, or is lost, in words of tasks. */
  readonly costs?: Text;
}

export interface Capability extends Need {
  readonly ok: boolean;
  /** Not even tried, for want of something else. */
  readonly untried?: boolean;
  /** What was found. */
  readonly detail: Text;
  /** What to do, where it is not ok. What both languages end with is to be pasted. */
  readonly hint?: Text;
}

/** One that says by itself what it found; where even that goes wrong, that is its line, and the others have theirs. */
export function examined(name: string, examine: () => Capability): Capability {
  throwIfInterrupted();
  try {
    return examine();
  } catch (error) {
    return { name, needed: false, ok: false, detail: messagesOf(error) };
  }
}

/** `ok` where the action succeeds; it gives what was found. */
export function attempt(need: Need, action: () => Text): Capability {
  throwIfInterrupted();
  try {
    return { ...need, ok: true, detail: action() };
  } catch (error) {
    const hint = error instanceof RawshakeError ? { hint: error.hints } : {};
    return { ...need, ok: false, detail: messagesOf(error), ...hint };
  }
}

/** Of what takes a lab, where there is none: nobody can say what it would cost. `found`: what could be seen without. */
export function untried({ name }: Need, found?: Text): Capability {
  return {
    ...{ name, needed: false, ok: false, untried: true },
    detail: {
      en: `${found === undefined ? '' : `${found.en}; `}not tried: it takes a lab (see namespaces)`,
      zh: `${found === undefined ? '' : `${found.zh}；`}未试验：需要实验环境（见 namespaces）`,
    },
  };
}
