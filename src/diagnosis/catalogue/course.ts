/** How a connection went: what can be said of it. */
import type { CourseId } from '../finding.js';
import { BY_TRACE, type CatalogueEntry, ELSE, IN_PACKETS, NOTHING } from './entry.js';

export const COURSE: Readonly<Record<CourseId, CatalogueEntry>> = {
  established: {
    holds: {
      en: 'the handshake was completed; where it is known what became of the data, it has arrived',
      zh: '握手已完成；若知道数据的下落，则数据已到达',
    },
    sure: {
      proven: {
        en: "by the other kernel's socket, or by the data that its program has read",
        zh: '对方内核的套接字，或对方程序读到的数据',
      },
      seen: ELSE,
    },
    todo: NOTHING,
    source: 'RFC 9293 §3.5',
  },
  'own-kernel-reset': {
    holds: {
      en: 'the kernel of the host on which it was made by hand has reset it: no socket owned what the other side sent',
      zh: '手工一方自己的内核复位了连接：没有套接字拥有对方发来的报文段',
    },
    sure: {
      proven: { en: 'by its `tcp_send_reset`', zh: '该内核的 `tcp_send_reset`' },
      seen: { en: 'by who has sent the RST', zh: 'RST 的发送者' },
      likely: {
        en: 'in `watch` without the trace: it came at once, and a look-up finds no socket',
        zh: '`watch` 没有跟踪时：RST 随即发出，且查询不到套接字',
      },
    },
    todo: {
      en: 'keep its kernel silent: paste the rule that is with it; in `connect` the line has `--filter auto`. Where a listener has that port: send from another',
      zh: '让该内核保持沉默：粘贴所附的规则；在 `connect` 中，所附命令带 `--filter auto`。若该端口上有监听套接字，请换一个源端口',
    },
    source: 'RFC 9293 §3.10.7.1',
  },
  refused: {
    holds: { en: 'the SYN was answered by RST', zh: 'SYN 得到的回答是 RST' },
    sure: {
      proven: { en: "by the refusing kernel's `tcp_send_reset`", zh: '拒绝一方内核的 `tcp_send_reset`' },
      seen: {
        en: "else; from one side alone a firewall's RST looks the same",
        zh: '其余情况；单从一侧看，防火墙的 RST 与此相同',
      },
      likely: {
        en: 'in `watch`, of this host, without the trace: a look-up finds no socket',
        zh: '`watch` 没有跟踪时的本机：查询不到套接字',
      },
    },
    todo: {
      en: 'have something listen on that address and port, or connect to where something does; paste the rule, where there is one',
      zh: '让程序监听该地址和端口，或改连有程序监听的地方；若附有规则，粘贴即可',
    },
    source: 'RFC 9293 §3.5.2',
  },
  'reset-by-peer': {
    holds: {
      en: 'the other side has answered, and then reset it; in `watch` any RST from elsewhere that answers no SYN',
      zh: '对方应答之后又复位了连接；在 `watch` 中，凡来自别处、又不是回答 SYN 的 RST',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'look there: its program, or a firewall or time-out on the way',
      zh: '到对方去查：它的程序，或途中的防火墙和超时',
    },
    source: 'RFC 9293 §3.5.3',
  },
  'no-answer': {
    holds: {
      en: 'nothing came back; in `watch` by the second SYN',
      zh: '什么也没有回来；在 `watch` 中以第二个 SYN 为准',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'see whether the SYN arrives there (`rawshake watch`), and what drops it: a rule, an accept queue that is full, an address that nobody has. Where a rule here has dropped it: the line lists them',
      zh: '看 SYN 是否到达对方（`rawshake watch`），以及被什么丢弃：规则、已满的 accept 队列、无人拥有的地址。若由本机规则丢弃，所附命令列出规则',
    },
    source: 'RFC 9293 §3.8.3',
  },
  'half-open': {
    holds: {
      en: 'the SYN was answered by SYN/ACK, and that was not acknowledged; in `watch` by the second SYN/ACK',
      zh: 'SYN 得到了 SYN/ACK，而 SYN/ACK 没有得到确认；在 `watch` 中以第二个 SYN/ACK 为准',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'send the ACK, or see where it is lost. Where the accept queue is full: have the program call accept() sooner; the line shows the queue',
      zh: '发出 ACK，或查它在哪里丢失。若 accept 队列已满：让程序更早调用 accept()，所附命令显示该队列',
    },
    source: 'RFC 9293 §3.5',
  },
  'icmp-unreachable': {
    holds: {
      en: 'an ICMP error came about what was in flight, or has ended it',
      zh: '收到关于在途报文的 ICMP 差错，或连接因此结束',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'see who says so, and why: a route, a host that is down, a rule that rejects. Where this host says so: the line lists its rules',
      zh: '看是谁报告的、为什么：路由、关闭的主机、拒绝的规则。若由本机报告，所附命令列出规则',
    },
    source: 'RFC 9293 §3.9.2.2',
  },
  incomplete: {
    holds: {
      en: 'it stood, and not all that was to be sent was acknowledged, or not all that was sent came in',
      zh: '连接曾建立，但要发的没有全部得到确认，或对方发的没有全部到达',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'see in the ladder where it stops: at long segments (a smaller MTU on the way), at a window of 0, or at everything (the peer is gone)',
      zh: '看时序图停在哪里：长报文段（途中 MTU 较小）、窗口为 0，还是一切（对方已消失）',
    },
    source: 'RFC 9293 §3.8.3',
  },
  aborted: {
    holds: {
      en: 'it was given up, or reset, on the side that it is seen from, before its end; in `watch` by a program of this host, or by its kernel for a socket',
      zh: '观察的一侧在结束之前放弃或复位了连接；在 `watch` 中，由本机的程序，或由内核代套接字',
    },
    sure: { proven: { en: `in \`watch\`, ${BY_TRACE.en}`, zh: `\`watch\` 的${BY_TRACE.zh}` }, seen: ELSE },
    todo: {
      en: 'nothing where it was meant; else wait longer, or close the socket without SO_LINGER 0. `TCP_ABORT_ON_MEMORY`: raise `net.ipv4.tcp_mem`',
      zh: '若是有意为之，无须处理；否则等久一些，或不用 SO_LINGER 0 关闭套接字。`TCP_ABORT_ON_MEMORY`：调大 `net.ipv4.tcp_mem`',
    },
    source: 'RFC 9293 §3.10.5',
  },
};
