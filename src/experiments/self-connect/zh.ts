/** The texts of self-connect, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = (({ text }) => ({
  title: '与自己相连的套接字',
  claim: '一个套接字可以同时是连接的两端：它连接自己的地址和端口，而没有任何人在监听。',
  steps: [
    '客户端上的程序创建一个套接字，绑定到本机地址的 41000 端口，再让它连接这同一个地址和端口。',
    `它写入“${text}”，然后读取。`,
    '同时在环回接口和链路上抓包，读取套接字表，并在系统调用里寻找 listen()。',
  ],
  facts: {
    outcome: 'connect() 的结果',
    segments: '环回接口上的握手',
    link: '通往服务器的链路上的报文数',
    entries: '主机的整个套接字表',
    owner: '两端相同的四元组归谁',
    listeners: '主机上的监听者数',
    echo: '套接字读回的内容',
    states: '内核说出的这一个套接字的状态',
    calls: '程序的系统调用',
  },
  explanation:
    'tcp_v4_connect() 在 SYN 发出之前，就以 SYN_SENT 状态把套接字放进了连接表（ehash）。到自己地址的路由走 lo，所以 SYN 立刻回到 tcp_v4_rcv()，而 __inet_lookup_established() 为它找到的正是发出它的那个套接字：两端相同，互换之后还是一样。在 SYN_SENT 收到 SYN 就是同时打开（tcp_rcv_synsent_state_process）：套接字进入 SYN_RECV，发出 SYN/ACK，又发给自己；这个 SYN/ACK 确认了它自己的 SYN，于是 ESTABLISHED。第三个报文没有说出新东西：SYN/ACK 里的 SYN 早已收到，所以当作重复再确认一次（Linux 6.11 之前是一个质询 ACK）。写入的数据进入写它的那个套接字自己的接收队列。',
  next: [
    '关闭它，再看套接字表：FIN_WAIT1、CLOSING、TIME_WAIT：关闭时它与自己也是同时关闭。',
    '只写不读，直到写满发送队列和接收队列：程序将永远等待自己。',
  ],
  claims: {
    specialCase: {
      text: '自连接是同时打开的特例。',
      because:
        '套接字在 SYN_SENT 收到一个 SYN（它自己的），进入 SYN_RECV，回答 SYN/ACK：正是同时打开的状态和报文，只是各出现一次而不是两次。',
    },
    twoSockets: {
      text: '一个连接有两个套接字。',
      because: '它有两端。两端的地址和端口都相同时，一个套接字就是两端，表中只有一项。',
    },
  },
})) satisfies Translation<typeof en>;
