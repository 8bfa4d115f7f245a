/** The texts of half-open, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = (({ syns }) => ({
  title: '二十个 SYN，没有一个 ACK',
  claim:
    '没有 ACK 的 SYN 在连接表里留下一个半开条目；listen() 限制它们的数量，超出之后由 SYN cookie 作答，不留任何条目。',
  steps: [
    '服务器以 backlog 4 监听。过滤规则让客户端内核保持沉默。',
    `从 ${syns} 个端口手工发出 ${syns} 个 SYN。全部得到回答，但一个也不确认。`,
    '读取服务器的套接字表和计数器。然后等待 SYN/ACK 再次到来：一秒，这是内核的常量（TCP_TIMEOUT_INIT）。',
    '补上最后一个 SYN 的 ACK；服务器没有为那个 SYN 保存任何东西。',
  ],
  facts: {
    answered: '得到 SYN/ACK 的 SYN 数',
    halfOpen: 'SYN_RECV 条目数',
    cookies: '发出的 SYN cookie 数',
    queue: '等待 accept() 的连接数',
    owners: '第一个和最后一个四元组归谁',
    again: 'SYN/ACK 再次到来的 SYN',
    byCookie: '最后一个四元组在 ACK 之后归谁',
  },
  explanation:
    '遇到监听者的 SYN 进入 tcp_conn_request()。它创建请求套接字，并放进 ehash（inet_csk_reqsk_queue_hash_add）；ss 把它显示为 SYN-RECV，下一个报文段也在那里找到它。监听者只是计数：条目多于 backlog 时（inet_csk_reqsk_queue_is_full：5 > 4），SYN 得到的是 cookie，即一个序号，单凭之后的 ACK 就能恢复连接（cookie_v4_init_sequence、cookie_v4_check）。这样的 SYN 什么也不留下，也就没有可供定时器重传的东西。其余的由 reqsk_timer_handler() 在 1、2、4……秒后重发 SYN/ACK，最多 tcp_synack_retries 次。',
  next: [
    '设 net.ipv4.tcp_syncookies=0，那十五个 SYN 就得不到任何回答。',
    '设 tcp_syncookies=2，就根本没有半开条目：见 cookies-alone。',
  ],
  claims: {
    listenerKeepsSyns: {
      text: 'listen() 创建半连接队列，监听者把 SYN 存放在里面。',
      because:
        '大约自 Linux 4.4 起，半开条目就在 ehash 里，与连接放在一起。listen() 限制它们的数量，但不再维护这样一个队列。',
    },
    fullDrops: {
      text: '半连接队列满了，服务器就丢弃之后的 SYN。',
      because:
        '只有关闭 SYN cookie 时才如此，而它默认开启（tcp_syncookies=1）：这时每个 SYN 都得到回答，也都能建立连接。',
    },
    maxSynBacklog: {
      text: '半连接队列的长度是 net.ipv4.tcp_max_syn_backlog。',
      because:
        '上限是 listen() 的 backlog，这里是 4，并且还能多容纳一个。tcp_max_syn_backlog 只在关闭 SYN cookie 时才起作用。',
    },
  },
  scenes: {
    syns: '发出 SYN',
    again: '一秒之后',
    lastAck: '最后的 ACK',
  },
})) satisfies Translation<typeof en>;
