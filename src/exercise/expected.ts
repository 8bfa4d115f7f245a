/** What was expected where something else stands, in both languages: as one text, for zod takes no other. */
import { spaced, type Text, verbatim } from '../error.js';

/** `expected client or server`. */
export const expected = (en: string, zh: string): Text => ({ en: `expected ${en}`, zh: `应为${spaced(zh)}` });

const BETWEEN = '\n';

/** As the message of a schema. */
export const expectedBy = (en: string, zh: string): string => Object.values(expected(en, zh)).join(BETWEEN);

/** What such a message says; one of zod's own is in English. */
export function messageText(message: string): Text {
  const [en = '', zh] = message.split(BETWEEN);
  return zh === undefined ? verbatim(message) : { en, zh };
}
