/** The texts of cookies-alone, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '没有存储，就无从破坏',
  claim:
    '内核的 RST 之所以让原始套接字的握手失败，是因为它毁掉了服务器的半开条目；SYN cookie 不需要这个条目，于是没有过滤器也能握手成功。',
  steps: [
    '服务器用 cookie 回应每一个 SYN（tcp_syncookies=2）。客户端手工握手，不安装过滤器。',
    'SYN/ACK 到达，客户端的内核回应 RST。此时服务器上四元组归谁？',
    '手工发送 ACK。accept() 会返回吗？',
    '客户端发送“hello”。服务器予以确认，这个报文段又一次遇到客户端的内核。服务器程序读到数据，想要回答。',
  ],
  facts: {
    kernelReset: '客户端内核对 SYN/ACK 的回应',
    afterReset: '该 RST 之后服务器上四元组归谁',
    accepted: 'ACK 之后 accept() 返回',
    owner: '此时四元组的状态',
    received: '服务器程序读到',
    program: '它回答时得到',
  },
  explanation:
    'tcp_conn_request() 通常会把一个请求套接字放进 ehash。客户端的 RST 在那里找到它，tcp_check_req() 便将它删除：迟到的 ACK 只能遇到监听者，被复位。tcp_syncookies=2 时什么也不存，服务器要记住的内容都写在它的初始序号里（cookie_v4_init_sequence）。RST 遇到的是监听者，不予理会。ACK 到来时，cookie_v4_check() 根据编号和四元组重新算出 cookie，tcp_get_cookie_sock() 随即建立完整的套接字。从这时起才有东西可毁：对“hello”的确认在客户端找不到套接字，内核的 RST 正好带着服务器期待的序号，tcp_reset() 让程序得到 ECONNRESET。',
  next: [
    '在 tcp_syncookies=1 的实验环境里运行 compare --remedy none：到 RST 为止报文相同，然后就结束了。',
    'cookie 只装得下 32 位的内容：SYN 不带时间戳时，看看 SYN/ACK 还有哪些选项。',
  ],
  claims: {
    mustStore: {
      text: '服务器必须先存储连接，连接才能建立。',
      because:
        '使用 SYN cookie 时，在最后的 ACK 之前它什么也不存：SYN/ACK 与 ACK 之间的查找只找到监听者，连接照样建立。',
    },
  },
  scenes: {
    handshake: '没有过滤器的握手',
    data: '第一份数据',
  },
} satisfies Translation<typeof en>;
