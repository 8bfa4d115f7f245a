/** What is wrong with the arguments of a command, said as whatever parses options says it. */
import { about, RawshakeError, type Text } from '../error.js';

export const usageError = (why: Text, hint: Text): RawshakeError => new RawshakeError('RS_USAGE', usage(why), { hint });

export const usage = (why: Text): Text => about({ en: 'usage', zh: '用法' }, why);
