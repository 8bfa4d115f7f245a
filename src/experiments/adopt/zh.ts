/** The texts of adopt, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '由内核接管连接',
  claim: '手工建立的连接可以交给内核：四元组进了连接表，就没有什么需要过滤了。',
  steps: [
    '在过滤器的保护下手工握手，与 raw-filtered 相同。',
    '让一个内核套接字进入修复模式，把双方的地址、序号、窗口和协商好的选项交给它，再恢复正常。这个过程不发送任何报文。',
    '移除过滤器。“hello”和关闭从此由内核自己完成。',
  ],
  explanation:
    '设置 TCP_REPAIR 后，connect() 不发送 SYN：tcp_v4_connect() 把套接字登记到 ehash（inet_hash_connect），tcp_finish_connect() 随即使它进入 ESTABLISHED。TCP_QUEUE_SEQ、TCP_REPAIR_OPTIONS 和 TCP_REPAIR_WINDOW 告诉它握手时商定的内容。此后 __inet_lookup_skb() 为服务器的每个报文段都能找到主人，不会再调用 tcp_v4_send_reset()。这是治本的办法：其他办法只是拦住内核理应给出的回应，这个办法使回应不再必要。它需要 CAP_NET_ADMIN。',
  next: [
    '在两台主机上运行 ss：两边的连接都是 ESTAB，而且没有任何规则生效。',
    '反方向也可以：CRIU 用同样的调用，把连接从一个内核取出，放进另一个内核。',
  ],
  claims: {
    onlySenderOwns: {
      text: '只有自己发送过 SYN 的套接字，才能拥有连接。',
      because: 'TCP_REPAIR 不发任何报文就能把四元组和编号登记到表里。内核接着工作，就像握手是它自己做的一样。',
    },
  },
} satisfies Translation<typeof en>;
