/** What is thrown where a user's rule cannot be used as it is. */
import { about, type Language, RawshakeError, type RawshakeErrorDetails, type Text, verbatim } from '../error.js';

/** As messages about rules begin. */
const RULE: Text = { en: 'rule', zh: '规则' };

export const unusableRule = (why: Text, details: RawshakeErrorDetails): RawshakeError =>
  new RawshakeError('RS_USAGE', about(RULE, why), details);

/** Why, where it is such an error, without what it begins with. */
export function whyUnusable({ messages }: RawshakeError): Text {
  const begins = about(RULE, verbatim(''));
  const without = (language: Language): string => {
    const said = messages[language];
    return said.startsWith(begins[language]) ? said.slice(begins[language].length) : said;
  };
  return { en: without('en'), zh: without('zh') };
}

/** Of a word that no such rule has. */
export const notHere = (word: string): Text => ({ en: `${word} does not belong here`, zh: `这里不能用 ${word}` });
