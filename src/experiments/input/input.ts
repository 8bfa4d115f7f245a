/** The segments are dropped in INPUT, and received by AF_PACKET long before. As masscan's manual has it. */
import { handshakeExperiment } from '../handshake-experiment.js';

export const inputExperiment = handshakeExperiment({
  id: 'input',
  remedy: 'input',
  role: 'client',
  drops: 'segments',
  title: { en: 'Dropped in INPUT, read by AF_PACKET', zh: '在 INPUT 丢弃，用 AF_PACKET 接收' },
  claim: {
    en: 'What INPUT drops never comes to TCP, so there is no RST to drop; and AF_PACKET has had its copy when the packet came in. For a program that reads by it an INPUT rule is a cure.',
    zh: '在 INPUT 丢弃的报文到不了 TCP，也就没有 RST 需要丢弃；而 AF_PACKET 在报文进来时已拿到副本。对用它接收的程序来说，INPUT 规则是一种办法。',
  },
  steps: [
    {
      en: "On the client, a rule in INPUT drops what comes from the server's port to the hand-made one.",
      zh: '在客户端的 INPUT 链放一条规则，丢弃从服务器端口发往手工端口的报文。',
    },
    {
      en: 'The handshake by hand over AF_PACKET, "hello", an orderly close.',
      zh: '通过 AF_PACKET 手工握手，发送“hello”，正常关闭。',
    },
  ],
  explanation: {
    en: "__netif_receive_skb_core() gives each packet to the AF_PACKET sockets before ip_rcv() sees it; the hook NF_INET_LOCAL_IN is asked by ip_local_deliver(), after that, and before ip_local_deliver_finish() hands it to raw sockets and to tcp_v4_rcv(). What is dropped between the two is seen by the one and not by the others. So the same rule is a cure for masscan, and takes everything from scapy's L3 socket. In place of a port that is free, masscan asks for one outside the range of automatic ports, for whoever else uses it gets nothing.",
    zh: '__netif_receive_skb_core() 先把每个报文交给 AF_PACKET 套接字，之后才轮到 ip_rcv()；NF_INET_LOCAL_IN 钩子由 ip_local_deliver() 查询，排在其后，又在 ip_local_deliver_finish() 把报文交给原始套接字和 tcp_v4_rcv() 之前。在两者之间丢弃的报文，前者看得到，后者看不到。所以同一条规则对 masscan 是良方，却让 scapy 的 L3 套接字什么也收不到。masscan 要求使用自动端口范围之外的端口，因为使用该端口的其他程序什么也收不到。',
  },
  next: [
    {
      en: 'The same rule and an AF_INET raw socket: compare --rule with and without --transport packet.',
      zh: '同一条规则配合 AF_INET 原始套接字：分别用和不用 --transport packet 运行 compare --rule。',
    },
    { en: 'Further out, before connection tracking: ingress.', zh: '更靠外、在连接跟踪之前：ingress。' },
  ],
  byHand: [
    { host: 'server', line: 'timeout 15 nc -lk 192.0.2.2 8888 >/dev/null & sleep 1' },
    { host: 'client', line: 'iptables -A INPUT -s 192.0.2.2 -p tcp --sport 8888 -j DROP' },
    { host: 'client', line: 'nmap -n -Pn -sS -p 8888 192.0.2.2', prints: '8888/tcp open' },
    { host: 'client', line: 'iptables -L INPUT -nvx', prints: '[1-9]\\d* +[1-9]\\d* DROP' },
    { host: 'client', line: 'nstat -asz TcpOutRsts', prints: 'TcpOutRsts +0' },
    { host: 'client', line: 'iptables -F' },
  ],
  claims: [],
});
