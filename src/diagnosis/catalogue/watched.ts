/** Whose a RST can be on a host that is watched, beside what is said of any connection. */
import type { WatchedFindingId } from '../finding.js';
import { BY_TRACE, type CatalogueEntry, ELSE } from './entry.js';

export const WATCHED: Readonly<Record<WatchedFindingId, CatalogueEntry>> = {
  rejected: {
    holds: {
      en: "a rule of this host's firewall has made the RST, in the name of the socket that was asked for",
      zh: '本机防火墙的规则以被访问的套接字的名义发出了 RST',
    },
    sure: { proven: { en: 'by the function that made it, `nf_send_reset`', zh: '产生它的函数 `nf_send_reset`' } },
    todo: {
      en: 'allow this traffic before that rule; the line lists the rules that reject',
      zh: '在该规则之前放行这类流量；所附命令列出拒绝的规则',
    },
    source: 'nf_send_reset',
  },
  'queue-overflow': {
    holds: {
      en: 'a listener of this host has given up a half-open connection by RST',
      zh: '本机的监听套接字以 RST 放弃了半开连接',
    },
    sure: {
      likely: {
        en: 'for whom the RST was is traced; that the accept queue was full is concluded',
        zh: '跟踪到 RST 代谁而发；accept 队列已满是推断',
      },
    },
    todo: {
      en: 'have the program call accept() sooner, or listen() with a larger backlog (`net.core.somaxconn`); the line shows the queues, and the setting by which the kernel resets',
      zh: '让程序更早调用 accept()，或以更大的 backlog 调用 listen()（`net.core.somaxconn`）；所附命令显示各队列和令内核复位的设置',
    },
    source: 'tcp_check_req',
  },
  'unexpected-ack': {
    holds: {
      en: 'a listener of this host was sent an acknowledgment of what it has never sent',
      zh: '本机的监听套接字收到了对它从未发送过的内容的确认',
    },
    sure: { proven: BY_TRACE },
    todo: {
      en: 'of a handshake by hand: check the acknowledgment number, and keep its own kernel from resetting it before. Else see who sends it: a connection of before, or of another host',
      zh: '若握手是手工的：检查确认号，并防止它自己的内核抢先复位。否则查是谁发来的：从前的连接，或别的主机的连接',
    },
    source: 'RFC 9293 §3.10.7.2',
  },
  'reset-by-hand': {
    holds: {
      en: 'a program of this host has made the RST itself, over a raw socket or AF_PACKET',
      zh: '本机的程序通过原始套接字或 AF_PACKET 自己构造了 RST',
    },
    sure: {
      proven: {
        en: 'by the call that sent it, or since the traced kernel has made none',
        zh: '发出它的系统调用，或受跟踪的内核没有产生过它',
      },
      seen: ELSE,
    },
    todo: {
      en: 'see what that program is for; it is named where that is known',
      zh: '查明该程序的用途；若已知，结论中写明程序',
    },
    source: 'raw(7), packet(7)',
  },
  'unread-data': {
    holds: {
      en: 'a program of this host has closed its socket before it had read all that had come in',
      zh: '本机的程序在读完已到的数据之前关闭了套接字',
    },
    sure: { proven: { en: `${BY_TRACE.en}: \`TCP_ABORT_ON_CLOSE\``, zh: `${BY_TRACE.zh}：\`TCP_ABORT_ON_CLOSE\`` } },
    todo: {
      en: 'read to the end before close(), where the other side is to have all that was sent; else nothing',
      zh: '若要让对方收到全部内容，请读到末尾再 close()；否则无须处理',
    },
    source: 'RFC 1122 §4.2.2.13',
  },
  'data-after-close': {
    holds: {
      en: 'data came for a socket that its program had closed',
      zh: '程序关闭套接字之后又有数据到达',
    },
    sure: { proven: BY_TRACE },
    todo: {
      en: 'mostly nothing; else have this program close later, or the other send no more',
      zh: '多数情况无须处理；否则让本机程序晚些关闭，或让对方不再发送',
    },
    source: 'RFC 1122 §4.2.2.13',
  },
  'no-connection': {
    holds: {
      en: 'what came belongs to no connection of this host, or to none any more',
      zh: '到达的报文段不属于（或不再属于）本机的任何连接',
    },
    sure: { proven: { en: `${BY_TRACE.en}: \`NO_SOCKET\``, zh: `${BY_TRACE.zh}：\`NO_SOCKET\`` } },
    todo: {
      en: 'nothing after a restart or a time-out; where there are many, see who sends them',
      zh: '重启或超时之后无须处理；若很多，查是谁发来的',
    },
    source: 'RFC 9293 §3.10.7.1',
  },
  unexplained: {
    holds: {
      en: 'a RST has left this host, and it cannot be known who has made it',
      zh: '本机发出了 RST，无法得知由谁产生',
    },
    sure: { seen: { en: 'that it has left', zh: '它已发出' } },
    todo: {
      en: 'watch as root, with tracefs; the last lines say what could not be seen',
      zh: '以 root 身份、在有 tracefs 时观察；最后几行写明无法看到什么',
    },
    source: 'RFC 9293 §3.5.3',
  },
};
