/** What can be wrong with segments that were made by hand, with their addresses, and with the sockets that there are for them. */
import type { AddressFindingId, CraftFindingId, SocketFindingId } from '../finding.js';
import { type CatalogueEntry, ELSE, IN_PACKETS } from './entry.js';

export const CRAFTED: Readonly<Record<CraftFindingId, CatalogueEntry>> = {
  'bad-checksum': {
    holds: {
      en: 'a TCP checksum is wrong: its receiver drops the segment without a word',
      zh: 'TCP 校验和错误：接收方直接丢弃该报文段，不作应答',
    },
    sure: { proven: { en: "by the other kernel's `tcp_bad_csum`", zh: '对方内核的 `tcp_bad_csum`' }, seen: ELSE },
    todo: {
      en: 'compute it last, with the addresses that the packet has (scapy: `del packet[TCP].chksum`)',
      zh: '最后再计算，并使用报文实际的地址（scapy：`del packet[TCP].chksum`）',
    },
    source: 'RFC 9293 §3.1',
  },
  'bad-ip-checksum': {
    holds: {
      en: "the IPv4 header's checksum is wrong, as AF_PACKET and a TUN let through: its receiver drops the packet without a word",
      zh: 'IPv4 首部校验和错误（AF_PACKET 和 TUN 不加检查）：接收方直接丢弃该报文，不作应答',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'compute it over the header alone, once its other fields are set (scapy: `del packet[IP].chksum`)',
      zh: '在首部其他字段确定之后，仅对首部计算（scapy：`del packet[IP].chksum`）',
    },
    source: 'RFC 791 §3.1',
  },
  'wrong-ack': {
    holds: {
      en: "an acknowledgment is for less than the other side's SYN, or for more than it has sent",
      zh: '确认号小于对方 SYN 之后的第一个号，或超出对方已发送的内容',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'acknowledge the sequence number of its SYN + 1, and what has come since; the right one is said',
      zh: '确认对方 SYN 的序列号 + 1，再加上此后收到的长度；结论中写明正确的值',
    },
    source: 'RFC 9293 §3.4',
  },
  'wrong-seq': {
    holds: {
      en: 'a segment behind the SYN begins before SYN + 1, or behind all that its side has sent',
      zh: 'SYN 之后的报文段从 SYN + 1 之前开始，或从本方已发送内容的末尾之后开始',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'go on at the sequence number of its own SYN + 1, and what it has sent since; the right one is said',
      zh: '从本方 SYN 的序列号 + 1，再加上此后已发送的长度处继续；结论中写明正确的值',
    },
    source: 'RFC 9293 §3.4',
  },
  'no-syn': {
    holds: {
      en: 'in `run`: a segment is of no connection, for no SYN went before it between these ports',
      zh: '在 `run` 中：报文段不属于任何连接，这两个端口之间此前没有出现过 SYN',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'send a SYN first, and all that follows from the same port',
      zh: '先发送 SYN，其后的报文段都用同一个端口',
    },
    source: 'RFC 9293 §3.10.7.2',
  },
};

export const ADDRESSED: Readonly<Record<AddressFindingId, CatalogueEntry>> = {
  'no-such-host': {
    holds: {
      en: 'in `run`: the SYN is for an address that no host of the lab has',
      zh: '在 `run` 中：SYN 发往实验环境中无人拥有的地址',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'run it again with the option that is with it: `--server-address ADDRESS:PORT`',
      zh: '加上所附的选项再运行：`--server-address 地址:端口`',
    },
    source: 'RFC 1122 §3.3.1',
  },
  'foreign-source': {
    holds: {
      en: 'in `run`: the SYN comes from an address that its host does not have, so that a raw socket is handed no answer',
      zh: '在 `run` 中：SYN 的源地址不属于所在的主机，原始套接字因此收不到应答',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'run it again with the option that is with it: `--client-address ADDRESS`',
      zh: '加上所附的选项再运行：`--client-address 地址`',
    },
    source: 'ip_route_input',
  },
  'wrong-link-address': {
    holds: {
      en: "in `run`: the frame with the SYN is for another Ethernet address than the other host's, or for all",
      zh: '在 `run` 中：带 SYN 的帧发往的以太网地址不是对方主机的，或是广播地址',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'write the address of the next hop, as ARP gives it (`ip neigh`; scapy: `getmacbyip`)',
      zh: '写入下一跳的地址，即 ARP 给出的地址（`ip neigh`；scapy：`getmacbyip`）',
    },
    source: 'packet(7)',
  },
};

export const OF_SOCKETS: Readonly<Record<SocketFindingId, CatalogueEntry>> = {
  unread: {
    holds: {
      en: 'in `run`: the SYN/ACK came, and no raw socket and none of AF_PACKET could read it, or a filter dropped it before one could',
      zh: '在 `run` 中：SYN/ACK 到达了，但没有原始套接字或 AF_PACKET 套接字可以读到它，或者在读到之前被过滤器丢弃',
    },
    sure: {
      proven: {
        en: "where a filter dropped it, by the kernel's `kfree_skb`",
        zh: '被过滤器丢弃时，内核的 `kfree_skb`',
      },
      likely: { en: 'else', zh: '其余情况' },
    },
    todo: {
      en: 'read with a raw socket of IPPROTO_TCP (IPPROTO_RAW only sends), bound to the right address or interface; drop with the rule that is with it, which leaves what comes in alone',
      zh: '用 IPPROTO_TCP 的原始套接字读取（IPPROTO_RAW 只能发送），并绑定到正确的地址或接口；若要丢弃，请用所附的规则，它不影响收到的报文',
    },
    source: 'raw(7), packet(7)',
  },
  'in-use': {
    holds: {
      en: 'the SYN was answered by a bare ACK: to the other side the connection is there already',
      zh: 'SYN 得到的是单独的 ACK：对方认为该连接已经存在',
    },
    sure: { seen: IN_PACKETS },
    todo: {
      en: 'close the other connection first, or send from another port',
      zh: '先关闭那条连接，或改用其他源端口',
    },
    source: 'RFC 5961 §4.2',
  },
};
