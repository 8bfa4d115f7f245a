/** No remedy: the raw socket alone, against which all others are held. */
import type { Remedy } from './remedy.js';

export const none: Remedy = {
  id: 'none',
  title: { en: 'no filter', zh: '不加过滤器' },
  expected: 'reset-by-own-kernel',
  because: {
    en: 'no socket owns the four-tuple, so the kernel answers what arrives with RST, before anybody else can.',
    zh: '没有套接字拥有这个四元组，内核抢在所有程序之前，对到来的报文段回以 RST。',
  },
  cost: {
    privileges: { en: 'nothing more', zh: '无' },
    price: { en: 'there is no connection', zh: '没有连接' },
  },
  apply: () => undefined,
};
