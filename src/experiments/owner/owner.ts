/** The RST filter that asks who has sent a packet. xt_owner, nft's meta skuid. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const ownerExperiment = handshakeExperiment({
  id: 'owner',
  remedy: 'owner',
  role: 'client',
  drops: 'resets',
  title: { en: 'RSTs that no program has sent', zh: '不是程序发出的 RST' },
  claim: {
    en: "The kernel's RST has no program's socket behind it, and a raw socket's packets have one: a rule that asks for the owner tells them apart without a mark, for any program and any port.",
    zh: '内核的 RST 背后没有程序的套接字，而原始套接字发出的报文有：按属主匹配的规则不用标记就能区分两者，适用于任何程序、任何端口。',
  },
  steps: [
    {
      en: 'On the client, a rule in OUTPUT of the table raw: RSTs are dropped that belong to no user, of whatever connection.',
      zh: '在客户端 raw 表的 OUTPUT 链放一条规则：丢弃不属于任何用户的 RST，不论哪条连接。',
    },
    { en: 'The handshake by hand, "hello", an orderly close.', zh: '手工握手，发送“hello”，正常关闭。' },
  ],
  explanation: {
    en: 'ip_send_unicast_reply() sends the RST from a control socket of the kernel\'s own (ipv4_tcp_sk): there is a struct sock, but no struct file, for no program has opened it. owner_mt() takes a missing file for "no owner": a match on users fails, and its negation holds, so ! --uid-owner with the range of all users matches just these packets. In nft, meta skuid without a file ends the rule (NFT_BREAK), negated or not; so what has an owner is accepted first. The price is in what else the kernel sends without a file: RSTs for closed ports, for listeners\' bad ACKs, for orphans (sockets that were closed while data was under way), and for TIME_WAIT. They are all silent while the rule stands, unless it is narrowed by address and port.',
    zh: 'ip_send_unicast_reply() 从内核自己的控制套接字（ipv4_tcp_sk）发出 RST：有 struct sock，但没有 struct file，因为没有程序打开它。owner_mt() 把没有 file 视为“没有属主”：按用户匹配不成立，取反则成立，所以 ! --uid-owner 加上全部用户的范围恰好匹配这些报文。在 nft 中，没有 file 时 meta skuid 直接结束该规则（NFT_BREAK），取反也一样；因此先放行有属主的。代价在于内核还会不带 file 发出别的东西：关闭端口的 RST、监听者对错误 ACK 的 RST、孤儿套接字（还有数据在途就被关闭）以及 TIME_WAIT 的 RST。规则存在期间它们全都沉默，除非用地址和端口收窄。',
  },
  next: [
    {
      en: 'Connect to a closed port of the client while the rule stands: no refusal, only silence.',
      zh: '规则存在时连接客户端的一个关闭端口：得不到拒绝，只有沉默。',
    },
    {
      en: "The same rule behind any other program: scapy, nmap, one's own.",
      zh: '把同一条规则用于别的程序：scapy、nmap 或你自己的程序。',
    },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    {
      host: 'client',
      line: `nft 'table ip by-hand { chain output { type filter hook output priority -310; meta skuid 0-4294967295 accept; tcp flags & rst == rst counter drop; }; }'`,
    },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'nft list table ip by-hand', prints: 'counter packets [1-9]' },
    { host: 'server', line: 'ss -Htan state syn-recv | wc -l', prints: '^1$' },
    { host: 'client', line: 'nft delete table ip by-hand' },
  ],
  claims: [
    {
      text: {
        en: "Without a mark, no rule can tell the kernel's RSTs from the program's own.",
        zh: '没有标记，就没有规则能把内核的 RST 和程序自己的 RST 区分开。',
      },
      verdict: 'wrong',
      because: {
        en: "The program's have an owner, by whatever socket they were sent. The kernel's have none.",
        zh: '程序发出的无论经由哪种套接字都有属主，内核发出的没有。',
      },
    },
  ],
});
