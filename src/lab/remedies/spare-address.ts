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
      'a kernel answers only what is addressed to it, and this address is not its own: rawshake answers ARP and ' +
      'neighbour discovery for it.',
    zh: '内核只回应发给自己的报文，而这个地址不属于它：ARP 和邻居发现由 rawshake 应答。',
  },
  cost: {
    privileges: { en: 'a free address on the link', zh: '链路上的一个空闲地址' },
    price: {
      en: 'hits nothing; Ethernet only, and not where the network ties addresses to hosts (clouds, Wi-Fi, port security)',
      zh: '不影响任何东西；仅限以太网，且不适用于把地址绑定到主机的网络（云、Wi-Fi、端口安全）',
    },
  },
  source: (_host, family) => SPARE[family],
  openPort: openSparePort,
  apply: () => undefined,
};
