/** The handshake is made from an address that the host does not own: its kernel has no part in it. No rule at all. */
import { SPARE } from '../addresses.js';
import { openSparePort } from './spare-port.js';
import type { Remedy } from './remedy.js';

export const spareAddress: Remedy = {
  id: 'spare-address',
  title: { en: 'a source address that nobody owns', zh: '使用没有主人的源地址' },
  expected: 'established',
  because: {
    en:
      'a kernel answers only what is addressed to it. The handshake is made from an address of its own, for which ' +
      'rawshake answers ARP and neighbour discovery; the segments pass the kernel by.',
    zh: '内核只回应发给自己的报文。握手使用另外一个地址，由 rawshake 应答 ARP 和邻居发现；报文段与内核无关。',
  },
  source: (_host, family) => SPARE[family],
  openPort: openSparePort,
  apply: () => undefined,
};
