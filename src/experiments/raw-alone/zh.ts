/** The texts of raw-alone, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '只有原始套接字',
  claim: '只用原始套接字手工握手会失败，因为客户端自己的内核用 RST 回应了 SYN/ACK。',
  steps: [
    '服务器上有真正的监听者。客户端通过原始套接字发送 SYN，它的内核对此一无所知。',
    'SYN/ACK 到达。原始套接字得到一份副本，内核的 TCP 也得到这个报文段。',
    '几百微秒之后，手工的 ACK 才发出。',
  ],
  explanation:
    '通过原始套接字发送 SYN 不会在 ehash 里留下任何东西，只有 tcp_v4_connect() 才会。SYN/ACK 到达时，内核先照顾原始套接字（raw_local_deliver），但这对 TCP 没有影响。tcp_v4_rcv() 用四元组调用 __inet_lookup_skb()，找不到套接字，便由 tcp_v4_send_reset() 回应：该报文段带有 ACK，RST 就以它的确认号作为序号，正好是服务器期待的那个。tcp_check_req() 于是删除半开条目，手工的 ACK 只能遇到监听者，得到第二个 RST。程序再快也没有用：RST 就产生于接收 SYN/ACK 的那个软中断里。',
  next: ['不让 RST 出去：raw-filtered。', '反过来，拿走 RST 所破坏的东西：cookies-alone。'],
  claims: {
    rawSocketResets: {
      text: '原始套接字用 RST 回应了 SYN/ACK。',
      because: '原始套接字只发送程序写入的内容。RST 是内核的 TCP 产生的：抓包显示它没有原始套接字所有报文都带的标记。',
    },
    fastEnough: {
      text: '程序只要足够快，就能赶在 RST 之前发出 ACK。',
      because: 'RST 在接收 SYN/ACK 的过程中就已产生，那时还没有唤醒任何程序。这里不存在竞争。',
    },
  },
} satisfies Translation<typeof en>;
