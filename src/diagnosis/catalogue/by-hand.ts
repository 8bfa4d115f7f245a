/** What can be wrong with segments that were made by hand, and with their addresses. */
import type { AddressFindingId, CraftFindingId } from '../finding.js';
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
};
