/** The texts of dummy-bind, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '在源端口上放一个占位套接字',
  claim: '在源端口上放一个套接字挡不住 RST，无论它是绑定、监听还是连接到别处：SYN/ACK 是按四元组查找的。',
  steps: [
    '客户端的套接字绑定端口 41000。手工从同一端口发送 SYN，服务器回应 SYN/ACK，再手工发送 ACK 和数据。服务器的回答说明半开条目是否还在。',
    '换成一个监听端口 41000 的套接字，再做一次。',
    '换成一个从端口 41000 连接到服务器另一端口的套接字，再做一次。',
  ],
  facts: {
    bound: '有绑定的套接字时，数据得到的回答',
    listening: '有监听的套接字时',
    connectedElsewhere: '有连接到别处的套接字时',
    owners: '客户端内核查找 SYN/ACK 归谁',
    resets: '客户端内核发出的 RST',
    reasons: '内核给出的原因',
  },
  explanation:
    'tcp_v4_rcv() 把 SYN/ACK 交给 __inet_lookup_skb()。仅仅绑定的套接字只在已绑定端口表（bhash）里，而这张表不会被查找。连接到别处的套接字在 ehash 里，但四元组不同，同样找不到：两者都以 NO_SOCKET 落入 tcp_v4_send_reset()。监听套接字倒是找得到，因为监听者只按地址和端口查找；但监听者不接受带 ACK 的报文段（tcp_rcv_state_process 返回 TCP_FLAGS），RST 就从那里发出。只有处于 SYN_SENT 或之后的状态、四元组完全相同的套接字才会认领这个报文段，而那样的套接字自己就会建立连接。',
  next: [
    '把一个四元组完全相同的套接字放进表里而不发送任何报文：握手之后，TCP_REPAIR 可以做到（adopt）。',
    '占位套接字的用处：在此期间别人拿不到这个端口。bind() 本来就是做这个的。',
  ],
  claims: {
    boundKeepsRstAway: {
      text: '在源端口上绑定一个占位套接字，就能挡住内核的 RST。',
      because: '套接字绑定着端口，内核按四元组仍然查不到任何人，RST 照样发出，就像它不存在一样。',
    },
  },
  scenes: {
    bound: '绑定',
    listening: '监听',
    connectedElsewhere: '连接到别处',
  },
} satisfies Translation<typeof en>;
