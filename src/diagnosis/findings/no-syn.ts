/** A segment made by hand belongs to no connection: neither side has opened one between these ports. */
import type { CraftExplanation } from '../craft.js';

export const NO_SYN: CraftExplanation = {
  meaning: () => ({
    en: 'the segment is of no connection: no SYN went before it between these ports',
    zh: '该报文段不属于任何连接：这两个端口之间此前没有出现过 SYN',
  }),
  because: ({ moment }) => ({
    en:
      `A connection is opened by a SYN from the very port (here ${moment.packet.segment.srcPort}) that all that follows comes from. An ACK ` +
      'that is of none is answered with RST, by a listener and by a closed port alike.',
    zh: `连接须由 SYN 打开，其后的报文段都必须来自同一个端口（此处为 ${moment.packet.segment.srcPort}）。不属于任何连接的 ACK，无论端口有人监听还是已关闭，得到的都是 RST。`,
  }),
};
