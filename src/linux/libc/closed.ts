/** What was closed is not to be used: its descriptor's number may be another's by now. */
import { about, RawshakeError, type Text } from '../../error.js';

export const closed = (what: string | Text): RawshakeError =>
  new RawshakeError('RS_CLOSED', about(what, { en: 'it was closed before', zh: '它已被关闭' }), {
    hint: {
      en: 'Do what is to be done with it before its close(): in a lab, before lab.close().',
      zh: '请在调用它的 close() 之前完成操作；在实验环境中，即在 lab.close() 之前。',
    },
  });
