/** The texts of owner, in Chinese. */
import type { Translation } from '../texts.js';
import type { en } from './en.js';

export const zh = {
  title: '不是程序发出的 RST',
  claim:
    '内核的 RST 背后没有程序的套接字，而原始套接字发出的报文有：按属主匹配的规则不用标记就能区分两者，适用于任何程序、任何端口。',
  steps: [
    '在客户端 raw 表的 OUTPUT 链放一条规则：丢弃不属于任何用户的 RST，不论哪条连接。',
    '手工握手，发送“hello”，正常关闭。',
  ],
  explanation:
    'ip_send_unicast_reply() 从内核自己的控制套接字（ipv4_tcp_sk）发出 RST：有 struct sock，但没有 struct file，因为没有程序打开它。owner_mt() 把没有 file 视为“没有属主”：按用户匹配不成立，取反则成立，所以 ! --uid-owner 加上全部用户的范围恰好匹配这些报文。在 nft 中，没有 file 时 meta skuid 直接结束该规则（NFT_BREAK），取反也一样；因此先放行有属主的。代价在于内核还会不带 file 发出别的东西：关闭端口的 RST、监听者对错误 ACK 的 RST、孤儿套接字（还有数据在途就被关闭）以及 TIME_WAIT 的 RST。规则存在期间它们全都沉默，除非用地址和端口收窄。',
  next: [
    '规则存在时连接客户端的一个关闭端口：得不到拒绝，只有沉默。',
    '把同一条规则用于别的程序：scapy、nmap 或你自己的程序。',
  ],
  claims: {
    markNeeded: {
      text: '没有标记，就没有规则能把内核的 RST 和程序自己的 RST 区分开。',
      because: '程序发出的无论经由哪种套接字都有属主，内核发出的没有。',
    },
  },
} satisfies Translation<typeof en>;
