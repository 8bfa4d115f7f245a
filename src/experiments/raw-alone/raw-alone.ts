/** The handshake by hand, and nothing else: the client's own kernel resets it. tcp_v4_rcv, tcp_v4_send_reset. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const rawAlone = handshakeExperiment({
  id: 'raw-alone',
  remedy: 'none',
  role: 'client',
  title: { en: 'A raw socket alone', zh: '只有原始套接字' },
  claim: {
    en: "A handshake by hand over a raw socket fails, because the client's own kernel answers the SYN/ACK with RST.",
    zh: '只用原始套接字手工握手会失败，因为客户端自己的内核用 RST 回应了 SYN/ACK。',
  },
  steps: [
    {
      en: 'A real listener waits on the server. The client sends a SYN over a raw socket; its kernel knows nothing of it.',
      zh: '服务器上有真正的监听者。客户端通过原始套接字发送 SYN，它的内核对此一无所知。',
    },
    {
      en: "The SYN/ACK arrives. The raw socket gets a copy, and the kernel's TCP gets the segment.",
      zh: 'SYN/ACK 到达。原始套接字得到一份副本，内核的 TCP 也得到这个报文段。',
    },
    { en: 'The ACK by hand follows, some hundred microseconds later.', zh: '几百微秒之后，手工的 ACK 才发出。' },
  ],
  explanation: {
    en: 'Sending a SYN over a raw socket puts nothing into ehash: only tcp_v4_connect() does. When the SYN/ACK arrives, the raw sockets are served first (raw_local_deliver), and that changes nothing for TCP. tcp_v4_rcv() asks __inet_lookup_skb() for the four-tuple, finds no socket, and tcp_v4_send_reset() answers: the segment has ACK set, so the RST takes the acknowledged number for its own. It is exactly the one that the server expects, tcp_check_req() drops the half-open entry, and the ACK by hand meets the listener alone, which answers it with a second RST. A faster program would change nothing: the RST is made in the same softirq in which the SYN/ACK is received.',
    zh: '通过原始套接字发送 SYN 不会在 ehash 里留下任何东西，只有 tcp_v4_connect() 才会。SYN/ACK 到达时，内核先照顾原始套接字（raw_local_deliver），但这对 TCP 没有影响。tcp_v4_rcv() 用四元组调用 __inet_lookup_skb()，找不到套接字，便由 tcp_v4_send_reset() 回应：该报文段带有 ACK，RST 就以它的确认号作为序号，正好是服务器期待的那个。tcp_check_req() 于是删除半开条目，手工的 ACK 只能遇到监听者，得到第二个 RST。程序再快也没有用：RST 就产生于接收 SYN/ACK 的那个软中断里。',
  },
  next: [
    { en: 'Keep the RST from leaving: raw-filtered.', zh: '不让 RST 出去：raw-filtered。' },
    {
      en: 'Take away what the RST destroys, instead: cookies-alone.',
      zh: '反过来，拿走 RST 所破坏的东西：cookies-alone。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: 'timeout 5 tcpdump -nli eth0 -c 3 tcp 2>/dev/null & sleep 1; nmap -n -Pn -sS -p 8888 192.0.2.2; wait $!',
      prints: 'Flags \\[S\\][^]*Flags \\[S\\.\\][^]*Flags \\[R\\]',
    },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^0$' },
  ],
  claims: [
    {
      text: { en: 'The raw socket answers the SYN/ACK with RST.', zh: '原始套接字用 RST 回应了 SYN/ACK。' },
      verdict: 'wrong',
      because: {
        en: "A raw socket sends only what its program writes. The RST is made by the kernel's TCP; the capture shows it without the mark that all packets of the raw socket carry.",
        zh: '原始套接字只发送程序写入的内容。RST 是内核的 TCP 产生的：抓包显示它没有原始套接字所有报文都带的标记。',
      },
    },
    {
      text: {
        en: 'A program that is fast enough gets its ACK out before the RST.',
        zh: '程序只要足够快，就能赶在 RST 之前发出 ACK。',
      },
      verdict: 'wrong',
      because: {
        en: 'The RST is made while the SYN/ACK is being received, before any program is woken. There is no race.',
        zh: 'RST 在接收 SYN/ACK 的过程中就已产生，那时还没有唤醒任何程序。这里不存在竞争。',
      },
    },
  ],
});
