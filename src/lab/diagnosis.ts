/** One line of what a machine can do. */
import { RawshakeError, type Text } from '../error.js';
import { throwIfInterrupted } from './until.js';

export interface Diagnosis {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: Text;
  /** What to do, where it is not ok. */
  readonly hint?: Text;
  /** The main job cannot run without it. */
  readonly needed: boolean;
}

/** The same in every language. */
export const plain = (text: string): Text => ({ en: text, zh: text });

/** One that says by itself what it found; where even that goes wrong, that is its line, and the others have theirs. */
export function diagnose(name: string, examine: () => Diagnosis): Diagnosis {
  throwIfInterrupted();
  try {
    return examine();
  } catch (error) {
    return { name, needed: false, ok: false, detail: plain(String(error)) };
  }
}

/** `ok` where the action succeeds; it gives what was found. */
export function attempt(name: string, needed: boolean, action: () => Text): Diagnosis {
  throwIfInterrupted();
  try {
    return { name, needed, ok: true, detail: action() };
  } catch (error) {
    const hint = error instanceof RawshakeError ? { hint: error.hints } : {};
    return { name, needed, ok: false, detail: plain(error instanceof Error ? error.message : String(error)), ...hint };
  }
}
