/** One line of what a machine can do. */
import { RawshakeError, type Text } from '../error.js';

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

/** `ok` where the action succeeds; it gives what was found. */
export function attempt(name: string, needed: boolean, action: () => Text): Diagnosis {
  try {
    return { name, needed, ok: true, detail: action() };
  } catch (error) {
    const hint = error instanceof RawshakeError ? { hint: error.hints } : {};
    return { name, needed, ok: false, detail: plain(error instanceof Error ? error.message : String(error)), ...hint };
  }
}
