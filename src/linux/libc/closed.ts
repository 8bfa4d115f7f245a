/** What was closed is not to be used: its descriptor's number may be another's by now. */
import { RawshakeError } from '../../error.js';

export const closed = (what: string): RawshakeError =>
  new RawshakeError('RS_CLOSED', `${what}: it was closed before`, {
    hint: {
      en: 'Do what is to be done with it before its close(): in a lab, before lab.close().',
      zh: '请在调用它的 close() 之前完成操作；在实验环境中，即在 lab.close() 之前。',
    },
  });
