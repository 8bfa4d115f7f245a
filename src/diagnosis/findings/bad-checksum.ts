/** A segment made by hand has a wrong TCP checksum: its receiver throws it away without a word. */
import type { CraftExplanation } from '../craft.js';

export const BAD_CHECKSUM: CraftExplanation = {
  meaning: () => ({
    en: 'a TCP checksum is wrong: the receiver drops the segment without a word',
    zh: 'TCP 校验和错误：接收方直接丢弃该报文段，不作任何应答',
  }),
  because: () => ({
    en:
      'The sum is over a pseudo header, with both addresses, the protocol and the length, the TCP header with 0 in the place of ' +
      'the checksum, and the data. Whoever changes a field afterwards has to compute it anew; and so it is wrong where it was ' +
      'computed with another address than the packet has: with one that is written inside the program, in rawshake run ' +
      "--client-address and --server-address make that the lab's.",
    zh:
      '校验和覆盖伪首部（两个地址、协议号和长度）、校验和字段置 0 的 TCP 首部，以及数据。之后再改任何字段，都要重新计算；' +
      '如果计算时用的地址与报文实际的地址不同（例如写死在程序里的地址），也会出错：rawshake run 的 --client-address 和 --server-address 可以让实验环境采用那些地址。',
  }),
};
