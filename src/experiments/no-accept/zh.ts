/** The texts of no-accept, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = (({ data }) => ({
  title: '没有人调用 accept()',
  claim: '握手由内核自己完成，数据也由它接收；accept() 只是把已经存在的连接交出来。',
  steps: [
    '服务器上的程序调用 listen()，然后去忙别的事。',
    `客户端上的程序连接，并写入“${data}”。`,
    '数据被确认之后，查询套接字表。直到这时服务器才调用 accept()，然后读取。',
  ],
  facts: {
    outcome: 'connect() 的结果',
    owners: 'accept() 之前两端的状态',
    acknowledged: '服务器内核已确认的字节数',
    queue: '等待 accept() 的连接数',
    unread: '等待读取的字节数',
    calls: '到此为止两个程序的系统调用',
    accepted: '不等待的 accept()',
    received: '随后不等待而读到的',
  },
  explanation:
    '握手的最后一个 ACK 在 ehash 里找到半开条目。就在报文到达的软中断里，tcp_check_req() 把它变成完整的套接字（tcp_v4_syn_recv_sock），在 ehash 中取代那个条目，并挂到监听者的 accept 队列上（inet_csk_complete_hashdance）。数据找到这个套接字，进入它的接收队列，由内核确认。这一切没有任何进程运行。accept() 从队列取下第一个套接字（inet_csk_accept），给它一个描述符，不发送任何报文。',
  next: [
    '用 Ctrl-Z 暂停一个服务器再去连接：能连上，直到 accept 队列满。见 accept-queue。',
    '不停地写：接收队列写满，窗口变为零。仍然没有人 accept。',
  ],
  claims: {
    inAccept: {
      text: '服务器在 accept() 中完成握手。',
      because: '完成它的是内核，不管有没有人调用 accept()：在那之前两端都已是 ESTABLISHED，数据也已确认。',
    },
    acknowledgedIsReceived: {
      text: '数据得到确认，说明对方程序已经收到。',
      because: '收到的是对方的内核。这里的程序甚至还没有这个连接的套接字。',
    },
  },
})) satisfies Translation<typeof en>;
