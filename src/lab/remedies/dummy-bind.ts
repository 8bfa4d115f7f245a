/** The myth: a socket bound to the source port would keep the RST away. It does not, for bound is not connected. */
import { bindWithoutListening } from '../../linux/port/kernel-socket.js';
import type { Remedy } from './remedy.js';

export const dummyBind: Remedy = {
  id: 'dummy-bind',
  title: { en: 'a socket bound to the port (a myth)', zh: '绑定端口的套接字（误传）' },
  expected: 'reset-by-own-kernel',
  because: {
    en:
      'bind() reserves the port, and that is all: TCP looks for the owner of a four-tuple among connections and ' +
      'listeners, and a socket that is merely bound is neither.',
    zh: 'bind() 只是占住端口而已：TCP 在连接和监听者当中查找四元组的主人，仅仅绑定的套接字两者都不是。',
  },
  cost: {
    privileges: { en: 'nothing more', zh: '无' },
    price: {
      en: 'other programs lose the port, and the RST leaves all the same',
      zh: '别的程序用不了该端口，RST 照样发出',
    },
  },
  apply(host, flow, leases) {
    leases.add(bindWithoutListening(host.netns, flow.src, flow.srcPort));
    return undefined;
  },
};
