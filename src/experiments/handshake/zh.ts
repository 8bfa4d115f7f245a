/** The texts of every handshake under one remedy, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  facts: {
    outcome: '握手的结局',
    received: '服务器程序读到的数据',
    kernelResets: '链路上由手工一侧内核发出的 RST',
    dropped: '规则丢弃的报文',
    owner: '手工一侧的内核认为四元组归谁',
  },
} satisfies Translation<typeof en>;
