/** The texts of conntrack, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

function statusOf(limit: number | undefined): string {
  if (limit === undefined) return '无法读取';
  return limit === 0 ? '是 0，即没有限制' : `是 ${limit}`;
}

export const zh = (({ newcomers, untrackedPort, timeout }) => ({
  title: '装满已关闭连接的表',
  claim: '连接跟踪有自己的一张表。表满之后，新来的一律被悄悄丢弃；已被跟踪的连接照常，完全不跟踪的也照常。',
  steps: [
    '服务器上的一条规则要看连接状态，于是所有连接都被跟踪。另一对规则不让跟踪器看到 FIN 和 RST：它永远不知道连接已经结束。一个客户端连上，并一直保持。',
    '不断握手，每个立即关闭，直到条目数达到 net.netfilter.nf_conntrack_max。这个上限只读取，从不修改；条目建在实验自己的命名空间里，也随它消失。',
    `再来 ${newcomers} 个握手。然后是一个普通客户端，在它的 SYN 之后，老客户端发送数据。服务器自己也发一个数据报。`,
    `raw 表里加两条规则：发往端口 ${untrackedPort} 和从它发出的不再跟踪。向该端口发起 ${newcomers} 个握手。`,
    '把已建立连接的超时从五天降到十分钟，老客户端再发一次。然后删除一个已关闭连接的条目，再来十个握手。',
  ],
  facts: {
    full: '条目数达到上限',
    alive: '这些连接中仍然存在的',
    newcomers: `再来 ${newcomers} 个握手`,
    dropped: '跟踪器丢弃的包数',
    evicted: '它为腾出位置而逐出的条目数',
    newcomer: '再来一个客户端',
    old: '老客户端收到的回送',
    own: '服务器自己的 sendto()',
    untracked: `${newcomers} 个不跟踪的握手`,
    untrackedFull: '条目数仍达上限',
    lives: '降低超时：已关闭的与老客户端的条目各剩',
    room: '删除一个条目之后：十个握手',
  },
  explanation:
    '不属于任何条目的包，要为它新建一个（resolve_normal_ct、init_conntrack）。__nf_conntrack_alloc() 按网络命名空间计数；超过 nf_conntrack_max 时，它在哈希表的几个桶里寻找不是 assured 的条目来逐出（early_drop），找不到就丢弃这个包，并在内核日志写下 “nf_conntrack: table full, dropping packet”。完成了握手的条目是 assured（IPS_ASSURED），不会被逐出。已有条目的包不需要新条目：查到（nf_conntrack_find_get）即通过。丢包的是 netfilter，所以本机的程序得到 EPERM，别的主机上的程序什么也得不到。跟踪器看的是包，不是套接字：它没看到 FIN 或 RST 的连接，会按 nf_conntrack_tcp_timeout_established 停在 ESTABLISHED 五天，哪怕服务器内核早已忘了它。每个包都重设其条目的期限（nf_ct_refresh_acct），此外别无他法：降低超时，对沉默的条目不起作用。raw 表里的 -j CT --notrack 先于跟踪器，让它不看这个包（nf_conntrack_in：IP_CT_UNTRACKED）；有状态的防火墙就必须按端口或 --ctstate UNTRACKED 放行两个方向的包。',
  next: [
    '在自己的服务器上看 sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max：离满还有多远。',
    "用 conntrack -L | awk '{print $4}' | sort | uniq -c 看条目各处于什么状态；conntrack -D -s ADDRESS 删除某个地址的条目。",
    '删除一个正在使用的连接的条目：它的下一个包会建立新条目，因为 nf_conntrack_tcp_loose=1 允许中途接上。设为 0，那个包就是 INVALID，有状态的防火墙会丢弃它。',
  ],
  claims: {
    establishedBreak: {
      text: '连接跟踪表满了，已建立的连接也会断。',
      because: '它们的包查到自己的条目，不需要新条目。只有新来的被丢弃。',
    },
    closedIsGone: {
      text: '连接关闭之后，就不在连接跟踪表里了。',
      because: '前提是跟踪器看到了它的 FIN 或 RST，而且还要过一段超时。否则它会停留五天。',
    },
    lowerTimeoutEmpties: {
      text: '降低 nf_conntrack_tcp_timeout_established，就能清空满了的表。',
      because: '条目保持原来的期限，直到它的连接再有数据包，而已关闭的连接不会再有。只能删除条目（conntrack -D）。',
    },
    oldestMakeWay: {
      text: '表满之后，最旧的条目会让位。',
      because: '能让位的只有从未完成握手的，以及已在关闭中的条目。已建立的，无论多旧都不会被逐出：这里一个也没有。',
    },
  },
  scenes: {
    before: '先于其他一切的连接',
    oneMore: '再来一个，以及老连接',
    lowerTimeout: '降低超时',
  },
  missing: {
    drops: '跟踪器丢弃和逐出了什么（此内核未启用 CONFIG_NF_CONNTRACK_PROCFS）',
    timeout: `降低超时的作用，以及如何腾出位置（此内核不向用户命名空间的 root 提供 ${timeout}）`,
    entries: '降低超时的作用，以及如何腾出位置（此内核没有 ctnetlink，即 nf_conntrack_netlink）',
    table: ({ limit, most }) =>
      `填满的表：net.netfilter.nf_conntrack_max ${statusOf(limit)}，而这里最多建立 ${most} 个条目`,
  },
})) satisfies Translation<typeof en>;
