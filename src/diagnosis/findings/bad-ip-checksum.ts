/** The IPv4 header of a packet made by hand has a wrong checksum: whoever gets it throws it away without a word. */
import type { CraftExplanation } from '../craft.js';

export const BAD_IP_CHECKSUM: CraftExplanation = {
  meaning: () => ({
    en: "the IPv4 header's checksum is wrong: the receiver drops the packet without a word",
    zh: 'IPv4 首部校验和错误：接收方直接丢弃该数据包，不作任何应答',
  }),
  because: () => ({
    en:
      'It is the sum over the IP header alone, with 0 in the place of the checksum. Through a raw socket the kernel writes it itself, ' +
      'whatever the program has put there; through AF_PACKET or a TUN nobody does.',
    zh: '该校验和只覆盖 IP 首部，计算时校验和字段置 0。经原始套接字发送时，无论程序写了什么，内核都会重新填写；经 AF_PACKET 或 TUN 发送时则没有人代劳。',
  }),
};
