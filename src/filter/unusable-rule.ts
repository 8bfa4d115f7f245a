/** What is thrown where a user's rule cannot be used as it is. */
import { about, RawshakeError, type RawshakeErrorDetails, type Text } from '../error.js';

/** As messages about rules begin. */
const RULE: Text = { en: 'rule', zh: '规则' };

export const unusableRule = (why: Text, details: RawshakeErrorDetails): RawshakeError =>
  new RawshakeError('RS_USAGE', about(RULE, why), details);

/** Why, where it is such an error, without what it begins with. */
export const whyUnusable = ({ messages: { en, zh } }: RawshakeError): Text => ({
  en: en.replace(/^rule: /, ''),
  zh: zh.replace(/^规则：/, ''),
});

/** Of a word that no such rule has. */
export const notHere = (word: string): Text => ({ en: `${word} does not belong here`, zh: `这里不能用 ${word}` });
